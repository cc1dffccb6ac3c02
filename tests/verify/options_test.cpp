// What `tailor verify` selects.
#include <gtest/gtest.h>

#include <set>

#include "verify/run.h"

namespace tailor::verify {
namespace {

TEST(VerifyOptions, operation_comes_with_its_gradients) {
  std::set<std::string_view> ops;
  bool numeric = false;
  for (const Result& result : run({.device = "reference", .op = "avg_pool2d"})) {
    ops.insert(tailor::name_of(result.op));
    numeric = numeric || result.name.starts_with("gradient/");
  }
  EXPECT_EQ(ops, (std::set<std::string_view>{"avg_pool2d", "avg_pool2d_backward"}));
  EXPECT_TRUE(numeric);
}

TEST(VerifyOptions, dtype) {
  for (const Result& result : run({.device = "reference", .dtype = DType::f32, .op = "softmax"})) {
    EXPECT_EQ(result.dtype, DType::f32);
  }
}

TEST(VerifyOptions, wrong_names_are_usage_errors) {
  EXPECT_THROW(run({.device = "abacus"}), UsageError);
  EXPECT_THROW(run({.device = "reference", .op = "relu7"}), UsageError);
  EXPECT_THROW(run({.device = "reference", .op = "softmax", .variant = "magic"}), UsageError);
}

}  // namespace
}  // namespace tailor::verify
