#include "verify/gradient.h"

#include <gtest/gtest.h>

#include "tensor/ops.h"

namespace tailor::verify {
namespace {

Tensor numbers(const std::vector<double>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())}, open_backend("reference"));
}

int64_t mismatches(const Function& function, const Tensor& x) {
  return check_gradient(function, {x}).front().mismatches;
}

TEST(Gradient, right_one_passes) {
  const auto function = [](const std::vector<Tensor>& v) { return sigmoid(v[0]); };
  EXPECT_EQ(mismatches(function, numbers({-2, 0, 0.5})), 0);
}

// add(x, x) whose second half autograd does not see.
TEST(Gradient, missing_part_is_found) {
  const auto function = [](const std::vector<Tensor>& v) { return add(v[0], v[0].detach()); };
  const Comparison result = check_gradient(function, {numbers({-2, 0, 0.5})}).front();
  EXPECT_EQ(result.mismatches, 3);
  EXPECT_GT(result.error, 0.4);  // half of 2 * weight, and weights are at least a half
}

TEST(Gradient, kink_is_refused) {
  const auto function = [](const std::vector<Tensor>& v) { return relu(v[0]); };
  EXPECT_EQ(mismatches(function, numbers({-1, 1})), 0);
  EXPECT_EQ(mismatches(function, numbers({-1, 1e-6, 1})), 1);
}

TEST(Gradient, every_check_of_the_reference_passes) {
  const auto results = run_gradient_checks({});
  EXPECT_GT(results.size(), 30U);
  for (const Result& result : results) {
    EXPECT_EQ(name_of(result.status), "pass")
        << result.name << "\n"
        << fmt::format("{}", fmt::join(result.messages, "\n"));
  }
}

}  // namespace
}  // namespace tailor::verify
