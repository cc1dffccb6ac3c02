// `tailor bench`: figures of every variant. How good they are is for bench/, not for tests.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/program.h"

namespace tailor {
namespace {

// On simt, which has variants that refuse these shapes, such as the depthwise ones.
TEST(BenchSlow, measures_each_variant_that_takes_the_shape) {
  const test::TempDir folder;
  const auto file = folder.path() / "bench.json";
  const auto outcome = test::run_program({"bench", "kernels", "--device", "simt", "--batch", "1",
                                          "--runs", "1", "--json", file.string()});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  std::set<std::string> names;
  for (const auto& figure : nlohmann::json::parse(std::ifstream(file))) {
    EXPECT_GT(figure.at("median"), 0) << figure;
    names.insert(figure.at("name"));
  }
  EXPECT_TRUE(names.contains("conv2d/naive 3x3/1 64->64 at 56"));
  EXPECT_TRUE(names.contains("conv2d/tiled 3x3/1 64->64 at 56"));
  EXPECT_FALSE(names.contains("conv2d/depthwise 3x3/1 64->64 at 56"));
}

}  // namespace
}  // namespace tailor
