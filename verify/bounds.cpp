#include "verify/bounds.h"

#include <cmath>

#include "verify/truth.h"

namespace tailor::verify {

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

}  // namespace tailor::verify
