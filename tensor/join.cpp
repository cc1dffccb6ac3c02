#include "tensor/checks.h"
#include "tensor/ops.h"

namespace tailor {
namespace {

std::vector<View> views(const std::vector<Tensor>& tensors) {
  std::vector<View> result;
  result.reserve(tensors.size());
  for (const Tensor& tensor : tensors) result.push_back(tensor.view());
  return result;
}

}  // namespace

Tensor concat(const std::vector<Tensor>& xs, int dim) {
  if (xs.empty()) throw Error("concat: expected at least one tensor, got none");
  Shape shape = xs.front().shape();
  if (dim < 0 || dim >= shape.rank()) {
    throw Error("concat: expected a dimension below {}, got {}", shape.rank(), dim);
  }
  shape[dim] = 0;
  std::vector<Shape> shapes;
  for (const Tensor& x : xs) {
    expect_rank("concat", "each tensor", x, shape.rank());
    expect_like("concat", "each tensor", x, xs.front());
    Shape others = x.shape();
    others[dim] = xs.front().shape()[dim];
    if (others != xs.front().shape()) {
      throw Error("concat: expected extents equal but for dimension {}, got {} and {}", dim,
                  to_string(xs.front().shape()), to_string(x.shape()));
    }
    shape[dim] += x.shape()[dim];
    shapes.push_back(x.shape());
  }
  Tensor y = empty_like(xs.front(), shape);
  y.backend()->concat(views(xs), dim, y.view());
  return Autograd::record({.op = Op::concat, .parameters = dim}, xs, y,
                          [dim, shapes = std::move(shapes)](const Tensor& dy) {
                            std::vector<Tensor> grads;
                            for (const Shape& s : shapes) grads.push_back(empty_like(dy, s));
                            dy.backend()->concat_backward(dy.view(), dim, views(grads));
                            return grads;
                          });
}

Tensor flatten(const Tensor& x) {
  if (!x.defined()) throw Error("flatten: expected x, got an undefined tensor");
  const int64_t n = x.shape()[0];
  return Autograd::record(
      {}, {{x}}, x.view_as({n, x.count() / n}),
      [shape = x.shape()](const Tensor& dy) { return std::vector{dy.view_as(shape)}; });
}

}  // namespace tailor
