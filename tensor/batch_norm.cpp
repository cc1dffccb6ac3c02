#include "tensor/checks.h"
#include "tensor/ops.h"

namespace tailor {
namespace {

void check(const Tensor& x, const BatchNormTensors& t, const BatchNorm& p, const Tensor& residual) {
  constexpr std::string_view kOp = "batch_norm";
  if (!x.defined()) throw Error("{}: expected x, got an undefined tensor", kOp);
  const Shape channels{x.shape().back()};
  for (const auto& [name, tensor] :
       {std::pair{"weight", t.weight}, std::pair{"bias", t.bias},
        std::pair{"running_mean", t.running_mean}, std::pair{"running_var", t.running_var}}) {
    expect_shape(kOp, name, tensor, channels);
    expect_like(kOp, name, tensor, x);
  }
  if (residual.defined()) expect_shape(kOp, "residual", residual, x.shape());
  expect_like(kOp, "residual", residual, x);
  if (p.activation == Activation::sigmoid) {
    throw Error("{}: expected activation none, relu or relu6, got sigmoid", kOp);
  }
}

/// y is kept for backward only where the activation's gradient is told from it.
Tensor kept(const BatchNorm& p, const Tensor& y) {
  return p.activation == Activation::none ? Tensor() : y.detach();
}

}  // namespace

Tensor batch_norm(const Tensor& x, const BatchNormTensors& t, const BatchNorm& p,
                  const Tensor& residual) {
  check(x, t, p, residual);
  const int64_t channels = x.shape().back();
  if (x.count() / channels < 2) {
    throw Error(
        "batch_norm: expected more than one element a channel in training, got shape {} "
        "(try a larger batch)",
        to_string(x.shape()));
  }
  Tensor y = empty_like(x);
  const Tensor mean = empty_like(x, {channels});
  const Tensor rstd = empty_like(x, {channels});
  x.backend()->batch_norm(p, x.view(), t.weight.view(), t.bias.view(), residual.view(),
                          t.running_mean.view(), t.running_var.view(), mean.view(), rstd.view(),
                          y.view());
  return Autograd::record(
      {.op = Op::batch_norm, .parameters = p}, {{x, t.weight, t.bias, residual}}, y,
      [p, x = x.detach(), w = t.weight.detach(), mean, rstd, y = kept(p, y),
       wants_residual = residual.requires_grad()](const Tensor& dy) {
        std::vector<Tensor> grads{empty_like(x), empty_like(w), empty_like(w), Tensor()};
        if (wants_residual) grads[3] = empty_like(x);
        dy.backend()->batch_norm_backward(p, x.view(), y.view(), dy.view(), w.view(), mean.view(),
                                          rstd.view(), grads[0].view(), grads[1].view(),
                                          grads[2].view(), grads[3].view());
        return grads;
      });
}

Tensor batch_norm_frozen(const Tensor& x, const BatchNormTensors& t, const BatchNorm& p,
                         const Tensor& residual) {
  check(x, t, p, residual);
  Tensor y = empty_like(x);
  x.backend()->batch_norm_frozen(p, x.view(), t.weight.view(), t.bias.view(), t.running_mean.view(),
                                 t.running_var.view(), residual.view(), y.view());
  const bool wants_w = t.weight.requires_grad() || t.bias.requires_grad();
  return Autograd::record({.op = Op::batch_norm_frozen, .parameters = p},
                          {{x, t.weight, t.bias, t.running_mean, t.running_var, residual}}, y,
                          [p, x = wants_w ? x.detach() : Tensor(), w = t.weight.detach(),
                           mean = t.running_mean.detach(), var = t.running_var.detach(),
                           y = kept(p, y), wants_x = x.requires_grad(), wants_w,
                           wants_residual = residual.requires_grad()](const Tensor& dy) {
                            std::vector<Tensor> grads(6);
                            if (wants_x) grads[0] = empty_like(dy);
                            if (wants_w) grads[1] = empty_like(w);
                            if (wants_w) grads[2] = empty_like(w);
                            if (wants_residual) grads[5] = empty_like(dy);
                            dy.backend()->batch_norm_frozen_backward(
                                p, x.view(), y.view(), dy.view(), w.view(), mean.view(), var.view(),
                                grads[0].view(), grads[1].view(), grads[2].view(), grads[5].view());
                            return grads;
                          });
}

}  // namespace tailor
