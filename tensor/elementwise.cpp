#include "tensor/checks.h"
#include "tensor/ops.h"

namespace tailor {
namespace {

Tensor activation(Activation kind, const Tensor& x) {
  if (!x.defined()) throw Error("activation: expected x, got an undefined tensor");
  Tensor y = empty_like(x);
  x.backend()->activation(kind, x.view(), y.view());
  return Autograd::record({.op = Op::activation, .parameters = kind}, {{x}}, y,
                          [kind, y = y.detach()](const Tensor& dy) {
                            Tensor dx = empty_like(dy);
                            dy.backend()->activation_backward(kind, y.view(), dy.view(), dx.view());
                            return std::vector{dx};
                          });
}

}  // namespace

Tensor relu(const Tensor& x) { return activation(Activation::relu, x); }

Tensor relu6(const Tensor& x) { return activation(Activation::relu6, x); }

Tensor sigmoid(const Tensor& x) { return activation(Activation::sigmoid, x); }

Tensor add(const Tensor& input, const Tensor& other) {
  if (!input.defined()) throw Error("add: expected input, got an undefined tensor");
  const bool by_channel = other.defined() && other.shape() != input.shape();
  if (by_channel || !other.defined()) {
    expect_shape("add", "other", other, {input.shape().back()});
  }
  expect_like("add", "other", other, input);
  Tensor y = empty_like(input);
  input.backend()->add(input.view(), other.view(), y.view());
  return Autograd::record({.op = Op::add}, {{input, other}}, y,
                          [by_channel, channels = other.shape()](const Tensor& dy) {
                            if (!by_channel) return std::vector{dy, dy};
                            Tensor sum = empty_like(dy, channels);
                            dy.backend()->sum_to_channels(dy.view(), sum.view());
                            return std::vector{dy, sum};
                          });
}

Tensor dropout(const Tensor& x, const Dropout& p) {
  if (!x.defined()) throw Error("dropout: expected x, got an undefined tensor");
  if (!(p.p >= 0 && p.p < 1)) throw Error("dropout: expected p in [0, 1), got {}", p.p);
  Tensor y = empty_like(x);
  const Tensor mask = Tensor::empty(x.shape(), DType::u8, x.backend());
  x.backend()->dropout(p, x.view(), mask.view(), y.view());
  return Autograd::record({.op = Op::dropout, .parameters = p}, {{x}}, y,
                          [p, mask](const Tensor& dy) {
                            Tensor dx = empty_like(dy);
                            dy.backend()->dropout_backward(p, dy.view(), mask.view(), dx.view());
                            return std::vector{dx};
                          });
}

Tensor cast(const Tensor& x, DType dtype) {
  if (!x.defined()) throw Error("cast: expected x, got an undefined tensor");
  Tensor y = Tensor::empty(x.shape(), dtype, x.backend());
  x.backend()->cast(x.view(), y.view());
  return Autograd::record({.op = Op::cast}, {{x}}, y, [from = x.dtype()](const Tensor& dy) {
    Tensor dx = Tensor::empty(dy.shape(), from, dy.backend());
    dy.backend()->cast(dy.view(), dx.view());
    return std::vector{dx};
  });
}

}  // namespace tailor
