// Gradients against numeric derivatives: the proof that does not rest on the reference's own
// backward kernels, but proves them.
#pragma once

#include <functional>
#include <vector>

#include "tensor/tensor.h"
#include "verify/compare.h"
#include "verify/run.h"

namespace tailor::verify {

/// A tensor made of the inputs by differentiable operations, the same at every call.
using Function = std::function<Tensor(const std::vector<Tensor>& inputs)>;

/// Compares what backward() leaves in each input (f64, of about unit size) with numeric derivatives
/// of a fixed weighted sum of the result; one comparison for each input.
///
/// The derivative is the five-point formula (8 (L(h) - L(-h)) - (L(2h) - L(-2h))) / 12h. Allowed is
/// the sum of its rounding error and of its distance to the formula with two points, which bounds
/// its truncation error where L is smooth. Where these come to more than a millionth of the largest
/// derivative, there is a kink too near, and the bound becomes NaN, which nothing satisfies.
std::vector<Comparison> check_gradient(const Function& function, const std::vector<Tensor>& inputs);

/// The gradient of every differentiable operation on the reference in f64.
std::vector<Result> run_gradient_checks(const Options& options);

}  // namespace tailor::verify
