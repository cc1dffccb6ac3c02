// `tailor verify --profile`: what the variants of an operation cost.
#include "verify/profile.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/devices.h"
#include "tests/support/program.h"

namespace tailor::verify {
namespace {

uint64_t bytes_written(const Profile& profile) {
  uint64_t bytes = 0;
  for (const LineCounters& line : profile.lines) {
    if (line.kind == "global write") bytes += line.bytes;
  }
  return bytes;
}

TEST(Profile, has_each_variant_of_an_operation_and_its_gradients) {
  SKIP_WITHOUT("simt-tracked");
  const auto backend = open_backend("simt-tracked");
  std::map<Op, size_t> rows;
  for (const Profile& one : profile({.device = "simt-tracked", .op = "matmul"})) ++rows[one.op];
  for (const Profile& one : profile({.device = "simt-tracked", .op = "softmax"})) ++rows[one.op];
  for (const Op op : {Op::matmul, Op::softmax, Op::softmax_backward}) {
    EXPECT_EQ(rows[op], backend->variants(op, DType::f32).size()) << name_of(op);
  }
}

TEST(Profile, counts_what_the_kernel_does_and_what_the_definition_asks_for) {
  SKIP_WITHOUT("simt-tracked");
  const auto profiles = profile({.device = "simt-tracked", .op = "matmul", .variant = "naive"});
  ASSERT_EQ(profiles.size(), 1U);
  // The largest case: [256, 72] by [72, 128] has 2 * 256 * 72 * 128 operations and a result of
  // 256 * 128 floats, each of which is written once.
  EXPECT_TRUE(profiles[0].name.starts_with("256x72x128")) << profiles[0].name;
  EXPECT_EQ(profiles[0].flops, 4718592);
  EXPECT_EQ(bytes_written(profiles[0]), 256U * 128U * 4U);
}

TEST(Profile, shows_that_tiles_read_less) {
  SKIP_WITHOUT("simt-tracked");
  const auto read_by = [](std::string_view variant) {
    uint64_t bytes = 0;
    const auto profiles =
        profile({.device = "simt-tracked", .op = "matmul", .variant = std::string(variant)});
    for (const LineCounters& line : profiles.at(0).lines) {
      if (line.kind == "global read") bytes += line.bytes;
    }
    return bytes;
  };
  // One read for each product: two floats. Tiles of 16 rows and columns share each among 16.
  EXPECT_EQ(read_by("naive"), 256U * 128U * 72U * 2U * 4U);
  EXPECT_LT(read_by("tiled"), read_by("naive") / 10);
}

TEST(Profile, names_an_operation_that_does_not_exist) {
  const auto outcome = test::run_program({"verify", "--profile", "konv"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            "error: --profile: expected an operation of kernels/api/operations.def, got konv\n");
}

TEST(Profile, is_of_simt_tracked) {
  const auto outcome =
      test::run_program({"verify", "--profile", "softmax", "--device", "reference"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "error: --device: expected simt-tracked with --profile, got reference\n");
}

}  // namespace
}  // namespace tailor::verify
