#include "verify/compare.h"

#include <gtest/gtest.h>

#include <limits>

namespace tailor::verify {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

int64_t mismatches(std::vector<double> found, std::vector<double> expected,
                   std::vector<double> bounds = {}) {
  return compare(found, expected, bounds).mismatches;
}

TEST(Compare, exact_without_bounds) {
  EXPECT_EQ(mismatches({1, 2}, {1, 2}), 0);
  EXPECT_EQ(mismatches({1, 2}, {1, 2 + 1e-15}), 1);
  EXPECT_EQ(mismatches({0.0}, {-0.0}), 0);
}

TEST(Compare, within_bounds) {
  EXPECT_EQ(mismatches({1.5}, {1}, {0.5}), 0);
  EXPECT_EQ(mismatches({1.75}, {1}, {0.5}), 1);
}

TEST(Compare, nan_must_be_expected) {
  EXPECT_EQ(mismatches({kNan}, {1}, {10}), 1);
  EXPECT_EQ(mismatches({1}, {kNan}, {10}), 1);
  EXPECT_EQ(mismatches({kNan}, {kNan}), 0);
}

TEST(Compare, infinities_must_be_expected) {
  EXPECT_EQ(mismatches({kInfinity}, {1}, {10}), 1);
  EXPECT_EQ(mismatches({1}, {kInfinity}, {10}), 1);
  EXPECT_EQ(mismatches({-kInfinity}, {kInfinity}, {10}), 1);
  EXPECT_EQ(mismatches({kInfinity}, {kInfinity}), 0);
}

TEST(Compare, bounds_that_are_not_finite_hold_nothing) {
  EXPECT_EQ(mismatches({1}, {2}, {kNan}), 1);
  EXPECT_EQ(mismatches({1}, {2}, {kInfinity}), 1);
}

TEST(Compare, tells_the_worst_by_its_bound_and_the_first_ten) {
  const std::vector<double> expected(20, 0);
  std::vector<double> found(20, 1), bounds(20, 0.5);
  found[0] = found[1] = 0;
  bounds[7] = 0.25;
  const Comparison result = compare(found, expected, bounds);
  EXPECT_EQ(result.mismatches, 18);
  ASSERT_EQ(result.first.size(), 10U);
  EXPECT_EQ(result.first.front().index, 2);
  EXPECT_EQ(result.first.back().index, 11);
  EXPECT_EQ(result.share, 4);
  EXPECT_EQ(result.error, 1);
  EXPECT_EQ(result.bound, 0.25);
}

}  // namespace
}  // namespace tailor::verify
