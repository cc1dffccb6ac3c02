#include "tensor/checks.h"
#include "tensor/ops.h"

namespace tailor {
namespace {

Shape output_shape(std::string_view op, const Pool2d& p, const Tensor& x) {
  expect_rank(op, "x", x, 4);
  const Shape& s = x.shape();
  if (p.stride_h < 1 || p.stride_w < 1 || p.kernel_h < 1 || p.kernel_w < 1 ||
      s[1] + p.pad_top + p.pad_bottom < p.kernel_h ||
      s[2] + p.pad_left + p.pad_right < p.kernel_w) {
    throw Error("{}: expected a padded input of at least {} x {}, got {}", op, p.kernel_h,
                p.kernel_w, to_string(s));
  }
  if (2 * p.pad_top > p.kernel_h || 2 * p.pad_bottom > p.kernel_h || 2 * p.pad_left > p.kernel_w ||
      2 * p.pad_right > p.kernel_w) {
    throw Error("{}: expected padding of at most half the kernel", op);
  }
  return {s[0], p.out_height(s[1]), p.out_width(s[2]), s[3]};
}

}  // namespace

Tensor max_pool2d(const Tensor& x, const Pool2d& p) {
  Tensor y = empty_like(x, output_shape("max_pool2d", p, x));
  const bool keep = Autograd::needed({{x}});
  const Tensor indices = keep ? Tensor::empty(y.shape(), DType::i32, x.backend()) : Tensor();
  x.backend()->max_pool2d(p, x.view(), y.view(), indices.view());
  return Autograd::record({.op = Op::max_pool2d, .parameters = p}, {{x}}, y,
                          [p, indices, shape = x.shape()](const Tensor& dy) {
                            Tensor dx = empty_like(dy, shape);
                            dy.backend()->max_pool2d_backward(p, dy.view(), indices.view(),
                                                              dx.view());
                            return std::vector{dx};
                          });
}

Tensor avg_pool2d(const Tensor& x, const Pool2d& p) {
  Tensor y = empty_like(x, output_shape("avg_pool2d", p, x));
  x.backend()->avg_pool2d(p, x.view(), y.view());
  return Autograd::record({.op = Op::avg_pool2d, .parameters = p}, {{x}}, y,
                          [p, shape = x.shape()](const Tensor& dy) {
                            Tensor dx = empty_like(dy, shape);
                            dy.backend()->avg_pool2d_backward(p, dy.view(), dx.view());
                            return std::vector{dx};
                          });
}

Tensor global_avg_pool(const Tensor& x) {
  expect_rank("global_avg_pool", "x", x, 4);
  Tensor y = empty_like(x, {x.shape()[0], x.shape()[3]});
  x.backend()->global_avg_pool(x.view(), y.view());
  return Autograd::record({.op = Op::global_avg_pool}, {{x}}, y,
                          [shape = x.shape()](const Tensor& dy) {
                            Tensor dx = empty_like(dy, shape);
                            dy.backend()->global_avg_pool_backward(dy.view(), dx.view());
                            return std::vector{dx};
                          });
}

}  // namespace tailor
