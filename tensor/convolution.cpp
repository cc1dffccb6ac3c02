#include "tensor/checks.h"
#include "tensor/ops.h"

namespace tailor {
namespace {

Shape output_shape(const Conv2d& p, const Shape& x, const Shape& w) {
  const Shape y{x[0], p.out_height(x[1], w[1]), p.out_width(x[2], w[2]), w[0]};
  const int64_t reach_h = int64_t{p.dilation_h} * (w[1] - 1) + 1;
  const int64_t reach_w = int64_t{p.dilation_w} * (w[2] - 1) + 1;
  if (x[1] + p.pad_top + p.pad_bottom < reach_h || x[2] + p.pad_left + p.pad_right < reach_w) {
    throw Error("conv2d: expected a padded input of at least {} x {}, got {}", reach_h, reach_w,
                to_string(x));
  }
  return y;
}

void check(const Conv2d& p, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  expect_rank("conv2d", "x", x, 4);
  expect_rank("conv2d", "weight", weight, 4);
  expect_like("conv2d", "weight", weight, x);
  expect_like("conv2d", "bias", bias, x);
  const Shape& w = weight.shape();
  if (p.groups < 1 || w[0] % p.groups != 0 || w[3] * p.groups != x.shape()[3]) {
    throw Error(
        "conv2d: expected weight [out, kh, kw, {} / groups] with out a multiple of the {} "
        "groups, got {}",
        x.shape()[3], p.groups, to_string(w));
  }
  if (p.stride_h < 1 || p.stride_w < 1 || p.dilation_h < 1 || p.dilation_w < 1) {
    throw Error("conv2d: expected strides and dilations of at least 1");
  }
  if (bias.defined()) expect_shape("conv2d", "bias", bias, {w[0]});
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Conv2d& p, const Tensor& bias) {
  check(p, x, weight, bias);
  Backend& backend = *x.backend();
  Tensor y = empty_like(x, output_shape(p, x.shape(), weight.shape()));
  backend.conv2d(p, x.view(), weight.view(), {.bias = bias.view()}, y.view());
  return Autograd::record(
      {.op = Op::conv2d, .parameters = p}, {{x, weight, bias}}, y,
      [p, x_shape = x.shape(), w_shape = weight.shape(), wants_b = bias.requires_grad(),
       x = weight.requires_grad() ? x.detach() : Tensor(),
       w = x.requires_grad() ? weight.detach() : Tensor()](const Tensor& dy) {
        Backend& b = *dy.backend();
        std::vector<Tensor> grads(3);
        if (w.defined()) {
          grads[0] = empty_like(dy, x_shape);
          b.conv2d_backward_data(p, dy.view(), w.view(), grads[0].view());
        }
        if (x.defined()) {
          grads[1] = empty_like(dy, w_shape);
          b.conv2d_backward_filter(p, x.view(), dy.view(), grads[1].view());
        }
        if (wants_b) {
          grads[2] = empty_like(dy, {w_shape[0]});
          b.sum_to_channels(dy.view(), grads[2].view());
        }
        return grads;
      });
}

}  // namespace tailor
