#include "tensor/checks.h"
#include "tensor/ops.h"

namespace tailor {
namespace {

/// op(a) op(b) into a new tensor, shapes checked; bias may be an empty view.
Tensor product(std::string_view op, const Tensor& a, const Tensor& b, const Matmul& p,
               const View& bias = {}) {
  const int rank = a.defined() ? a.shape().rank() : 2;
  expect_rank(op, "the first factor", a, rank == 3 ? 3 : 2);
  expect_rank(op, "the second factor", b, rank);
  expect_like(op, "the second factor", b, a);
  const int row = rank - 2;
  const int column = rank - 1;
  const int64_t m = a.shape()[p.transpose_a ? column : row];
  const int64_t k = a.shape()[p.transpose_a ? row : column];
  const int64_t n = b.shape()[p.transpose_b ? row : column];
  if (b.shape()[p.transpose_b ? column : row] != k || (rank == 3 && a.shape()[0] != b.shape()[0])) {
    throw Error("{}: expected factors that fit, got {}{} and {}{}", op, to_string(a.shape()),
                p.transpose_a ? " transposed" : "", to_string(b.shape()),
                p.transpose_b ? " transposed" : "");
  }
  Tensor y = empty_like(a, rank == 3 ? Shape{a.shape()[0], m, n} : Shape{m, n});
  a.backend()->matmul(p, a.view(), b.view(), {.bias = bias}, y.view());
  return y;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, const Matmul& p) {
  return Autograd::record({.op = Op::matmul, .parameters = p}, {{a, b}}, product("matmul", a, b, p),
                          [p, a = b.requires_grad() ? a.detach() : Tensor(),
                           b = a.requires_grad() ? b.detach() : Tensor()](const Tensor& dy) {
                            // y = A B with A = op(a): dA = dy B^T, dB = A^T dy; transposed again
                            // where stored so.
                            std::vector<Tensor> grads(2);
                            if (b.defined()) {
                              grads[0] = p.transpose_a
                                             ? product("matmul", b, dy, {p.transpose_b, true})
                                             : product("matmul", dy, b, {false, !p.transpose_b});
                            }
                            if (a.defined()) {
                              grads[1] = p.transpose_b
                                             ? product("matmul", dy, a, {true, p.transpose_a})
                                             : product("matmul", a, dy, {!p.transpose_a, false});
                            }
                            return grads;
                          });
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  expect_rank("linear", "x", x, 2);
  expect_rank("linear", "weight", weight, 2);
  if (bias.defined()) expect_shape("linear", "bias", bias, {weight.shape()[0]});
  expect_like("linear", "bias", bias, x);
  const Matmul p{.transpose_b = true};
  return Autograd::record({.op = Op::matmul, .parameters = p}, {{x, weight, bias}},
                          product("linear", x, weight, p, bias.view()),
                          [x = weight.requires_grad() ? x.detach() : Tensor(),
                           w = x.requires_grad() ? weight.detach() : Tensor(),
                           wants_b = bias.requires_grad()](const Tensor& dy) {
                            std::vector<Tensor> grads(3);
                            if (w.defined()) grads[0] = product("linear", dy, w, {});
                            if (x.defined())
                              grads[1] = product("linear", dy, x, {.transpose_a = true});
                            if (wants_b) {
                              grads[2] = empty_like(dy, {dy.shape()[1]});
                              dy.backend()->sum_to_channels(dy.view(), grads[2].view());
                            }
                            return grads;
                          });
}

}  // namespace tailor
