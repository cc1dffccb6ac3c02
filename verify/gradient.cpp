#include "verify/gradient.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/autograd.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

constexpr double kStep = 1e-4;

/// L and the sum of the sizes of what it is added up from.
struct Sum {
  double value = 0;
  double size = 0;
};

Sum weighted_sum(const Tensor& result, const std::vector<double>& weights) {
  Sum sum;
  const auto values = result.to_vector<double>();
  for (size_t i = 0; i < values.size(); ++i) {
    sum.value += weights[i] * values[i];
    sum.size += std::abs(weights[i]) * std::max(1.0, std::abs(values[i]));
  }
  return sum;
}

struct Derivative {
  double value;
  double bound;
};

/// `at` gives L where one number of the inputs is moved by its argument.
template <class At>
Derivative derivative(const At& at) {
  const Sum ahead = at(kStep), behind = at(-kStep);
  const double near = ahead.value - behind.value;
  const double far = at(2 * kStep).value - at(-2 * kStep).value;
  const double two_points = near / (2 * kStep);
  const double five_points = (8 * near - far) / (12 * kStep);
  // Each result may err by a hundred roundings of its size; 18 of them meet in the formula.
  const double rounding =
      100 * unit_roundoff(DType::f64) * std::max(ahead.size, behind.size) * 18 / (12 * kStep);
  return {five_points, rounding + std::abs(five_points - two_points)};
}

}  // namespace

std::vector<Comparison> check_gradient(const Function& function,
                                       const std::vector<Tensor>& inputs) {
  std::vector<Tensor> leaves;
  for (const Tensor& input : inputs) {
    leaves.push_back(input.clone());
    leaves.back().set_requires_grad(true);
  }
  const Tensor result = function(leaves);
  RandomStream random(/*seed=*/2, Stream::init);
  const std::vector<double> weights = reals(0.5, 1.5)(result.count(), random);
  result.backward(Tensor::from(weights, result.shape(), result.backend()));

  const NoGrad guard;
  std::vector<Comparison> comparisons;
  for (size_t number = 0; number < inputs.size(); ++number) {
    std::vector<Tensor> moved = inputs;
    const auto values = inputs[number].to_vector<double>();
    std::vector<double> expected, bounds;
    for (size_t i = 0; i < values.size(); ++i) {
      const Derivative d = derivative([&](double step) {
        auto changed = values;
        changed[i] += step;
        moved[number] = Tensor::from(changed, inputs[number].shape(), inputs[number].backend());
        return weighted_sum(function(moved), weights);
      });
      expected.push_back(d.value);
      bounds.push_back(d.bound);
    }
    double largest = 1;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    for (double& bound : bounds) {
      if (bound > 1e-6 * largest) bound = std::numeric_limits<double>::quiet_NaN();
    }
    comparisons.push_back(compare(leaves[number].grad().to_vector<double>(), expected, bounds));
  }
  return comparisons;
}

}  // namespace tailor::verify
