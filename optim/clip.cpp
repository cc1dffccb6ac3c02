#include "optim/clip.h"

#include <cmath>

#include "tensor/ops.h"

namespace tailor::optim {
namespace {

/// Gradients as matrices, so that products do the work on every device: [1, n] times [n, 1] is a
/// sum of squares, [n, 1] times [1, 1] a scaling.
Tensor row_of(const Tensor& gradient) { return gradient.view_as({1, gradient.count()}); }
Tensor column_of(const Tensor& gradient) { return gradient.view_as({gradient.count(), 1}); }

double sum_of_squares(const std::vector<Tensor>& gradients) {
  std::vector<Tensor> squares;
  squares.reserve(gradients.size());
  for (const Tensor& gradient : gradients) {
    squares.push_back(matmul(row_of(gradient), column_of(gradient)));
  }
  const Tensor all = cast(concat(squares, 0), DType::f64);  // one wait for all of them
  double sum = 0;
  for (const double square : all.to_vector<double>()) sum += square;
  return sum;
}

}  // namespace

double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm) {
  const NoGrad guard;
  std::vector<Tensor> gradients;
  for (const Tensor& parameter : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  if (gradients.empty()) return 0;
  const double norm = std::sqrt(sum_of_squares(gradients));
  const double scale = max_norm / (norm + 1e-6);
  if (!(scale < 1)) return norm;  // NaN is left for the loss to tell
  for (Tensor& gradient : gradients) {
    const Tensor factor =
        gradient.dtype() == DType::f64
            ? Tensor::from(std::vector{scale}, {1, 1}, gradient.backend())
            : Tensor::from(std::vector{static_cast<float>(scale)}, {1, 1}, gradient.backend());
    gradient.copy_from(matmul(column_of(gradient), factor).view_as(gradient.shape()));
  }
  return norm;
}

}  // namespace tailor::optim
