#include "verify/bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "verify/numbers.h"
#include "verify/truth.h"

namespace tailor::verify {

std::vector<double> allowed_errors(const Truth& truth, size_t argument, DType dtype) {
  const Bound& bound = truth.test.arguments[argument].bound;
  if (!bound) return {};
  const DType arithmetic = dtype == DType::bf16 ? DType::f32 : dtype;
  const double underflow =  // numbers below it may be flushed to zero
      dtype == DType::f64 ? std::numeric_limits<double>::min() : std::numeric_limits<float>::min();
  std::vector<double> errors = bound(truth, argument);
  for (size_t i = 0; i < errors.size(); ++i) {
    errors[i] = errors[i] * unit_roundoff(arithmetic) + underflow;
    if (dtype == DType::bf16) {
      errors[i] += unit_roundoff(dtype) * (std::abs(truth.after[argument][i]) + errors[i]);
    }
  }
  return errors;
}

Bound sum_bound(double terms, Call absolute) {
  return [terms, absolute = std::move(absolute)](const Truth& truth, size_t argument) {
    std::vector<std::vector<double>> before = truth.before;
    for (auto& numbers : before) {
      for (double& number : numbers) number = std::abs(number);
    }
    auto sums = run_reference(truth.test.arguments, DType::f64, absolute, before)[argument];
    for (double& sum : sums) sum *= terms;
    return sums;
  };
}

Bound activated(Activation activation, Bound before) {
  if (activation != Activation::sigmoid) return before;
  return [before = std::move(before)](const Truth& truth, size_t argument) {
    std::vector<double> bounds = before(truth, argument);
    for (size_t i = 0; i < bounds.size(); ++i) {
      bounds[i] = bounds[i] / 4 + (kFunctionError + 2) * truth.after[argument][i];
    }
    return bounds;
  };
}

Bound relative_bound(double factor) {
  return [factor](const Truth& truth, size_t argument) {
    std::vector<double> bounds = truth.after[argument];
    for (double& bound : bounds) bound = factor * std::abs(bound);
    return bounds;
  };
}

namespace {

/// One row of logits: how its softmax errs.
struct SoftmaxRow {
  double maximum;
  double log_sum;    ///< log(sum of exp(x - maximum))
  double sum_error;  ///< of that sum, relative, in units of u
};

/// A term exp(d), d = x - maximum, errs by the rounding of d, which exp turns into a relative error
/// of |d| u, and by exp's own; the sum errs by the mean of that and by one rounding a term.
SoftmaxRow softmax_row(std::span<const double> x) {
  SoftmaxRow row{*std::max_element(x.begin(), x.end()), 0, 0};
  double sum = 0, weighted = 0;
  for (const double value : x) {
    const double d = value - row.maximum;
    if (std::isinf(d)) continue;
    sum += std::exp(d);
    weighted += std::exp(d) * std::abs(d);
  }
  row.log_sum = std::log(sum);
  row.sum_error = weighted / sum + kFunctionError + double(x.size());
  return row;
}

/// Calls bound_of(row, x) for each element of argument 0.
template <class BoundOf>
Bound softmax_like(const BoundOf& bound_of) {
  return [bound_of](const Truth& truth, size_t) {
    const std::span<const double> x = truth.before[0];
    const size_t classes = static_cast<size_t>(truth.test.arguments[0].shape.back());
    std::vector<double> bounds(x.size());
    for (size_t first = 0; first < x.size(); first += classes) {
      const SoftmaxRow row = softmax_row(x.subspan(first, classes));
      for (size_t i = first; i < first + classes; ++i) {
        bounds[i] = std::isinf(x[i]) ? 0 : bound_of(row, x[i]);
      }
    }
    return bounds;
  };
}

}  // namespace

Bound softmax_bound() {
  return softmax_like([](const SoftmaxRow& row, double x) {
    const double d = x - row.maximum;
    return std::exp(d - row.log_sum) * (std::abs(d) + kFunctionError + row.sum_error + 1);
  });
}

Bound log_softmax_bound() {
  return softmax_like([](const SoftmaxRow& row, double x) {
    const double d = x - row.maximum;
    return std::abs(d) + row.sum_error + kFunctionError * row.log_sum + std::abs(d - row.log_sum);
  });
}

std::vector<double> before_activation(Activation activation, const std::vector<double>& y,
                                      const std::vector<double>& dy) {
  std::vector<double> g = dy;
  if (activation == Activation::none) return g;
  for (size_t i = 0; i < g.size(); ++i) {
    if (y[i] <= 0 || (activation == Activation::relu6 && y[i] >= 6)) g[i] = 0;
  }
  return g;
}

}  // namespace tailor::verify
