// Each step of a ladder of kernels costs what its comment claims, in simt's counters. What is
// expected follows from the shapes of the cases that profiles take, the largest of each operation.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/support/devices.h"
#include "verify/cases.h"
#include "verify/profile.h"

namespace tailor::verify {
namespace {

/// Without lines where there is no such variant, or no case for it.
const Profile& profile_of(Op op, const std::string& variant) {
  static std::map<std::pair<Op, std::string>, Profile> known;
  if (!known.contains({op, variant})) {  // comes with all variants, and those of its gradients
    for (Profile& one : profile({.device = "simt-tracked", .op = std::string(name_of(op))})) {
      const std::pair key(one.op, one.variant);
      known.emplace(key, std::move(one));
    }
  }
  return known[{op, variant}];
}

/// What all lines of one kind cost, such as "global read", in kernels whose name begins so.
LineCounters total(const Profile& profile, const std::string& kind, const std::string& kernel) {
  LineCounters sums;
  for (const LineCounters& line : profile.lines) {
    if (line.kind != kind || !line.kernel.starts_with(kernel)) continue;
    sums.requests += line.requests;
    sums.bytes += line.bytes;
    sums.sectors += line.sectors;
  }
  return sums;
}

/// The requests of one kernel, as in the table of `tailor verify --profile`.
struct Step {
  std::string variant, kernel, kind;
  double requests;
  double bytes, sectors;  ///< of each request
};

/// The steps of an operation on the case that all of them are profiled on.
struct Ladder {
  Op op;
  std::string test;
  std::vector<Step> steps;
};

const std::string kRead = "global read", kWrite = "global write";

// A request is of 32 lanes: they bring a float each, or a vector of four.
constexpr double kFloats = 32, kVectors = 128;
constexpr double kTiledThreads = 256;  // of a block that computes a tile of a product

/// Naive, each lane of a request is on a row, and so in a sector, of its own. Side by side they
/// fill 4 sectors, with vectors 16. `passes` is how often the kernels read what they are given,
/// `last` the same for a row that is kept in registers.
Ladder softmax(Op op, const std::string& kernel, double passes, double last) {
  constexpr double kColumns = 256, kCount = 32 * kColumns;
  return {op,
          "256_classes",
          {{"naive", kernel + "_rows<ThreadPerRow", kRead, passes * kColumns, 128, 32},
           {"block", kernel + "_rows<BlockPerRow", kRead, passes * kCount / kFloats, 128, 4},
           {"warp", kernel + "_rows<WarpPerRow", kRead, passes * kCount / kFloats, 128, 4},
           {"registers", kernel + "_registers", kRead, last * kCount / kVectors, 512, 16},
           {"naive", kernel + "_rows<ThreadPerRow", kWrite, kColumns, 128, 32},
           {"warp", kernel + "_rows<WarpPerRow", kWrite, kCount / kFloats, 128, 4},
           {"registers", kernel + "_registers", kWrite, kCount / kVectors, 512, 16}}};
}

/// The same bytes in whole sectors with either step, but with vectors in a quarter of the requests.
Ladder vectors(Op op, const std::string& test, const std::string& naive, const std::string& vector,
               const std::string& kind, double floats) {
  return {op,
          test,
          {{"naive", naive, kind, floats / kFloats, 128, 4},
           {"vector", vector, kind, floats / kVectors, 512, 16}}};
}

/// a [256, 72] by b [128, 72]. Each block reads kDepth numbers for every row and column of its
/// tile, in requests of 32 numbers or of 32 vectors. Steps of 16 leave half of the last one empty:
/// 80 numbers for 72.
Ladder products() {
  constexpr double kRows = 256, kColumns = 128, kDepth = 72, kPadded = 80;
  const auto tiles = [](double side) { return kRows / side * (kColumns / side); };
  const auto copies = [&](double side, double depth, double at_once) {
    return tiles(side) * 2 * side * depth / at_once;
  };
  constexpr double kFilled = kDepth / kPadded;
  return {
      Op::matmul,
      "256x72x128_bt",
      {// All lanes the same of a, which is one sector, and each a row of b.
       {"naive", "matmul_naive", kRead, 2 * kRows * kColumns * kDepth / kFloats, 128, 16.5},
       {"tiled", "product_tiled", kRead, copies(16, kPadded, kFloats), 128 * kFilled, 4 * kFilled},
       {"registers", "product_registers", kRead, copies(64, kPadded, kFloats), 128 * kFilled,
        4 * kFilled},
       {"vector", "product_registers", kRead, copies(128, kDepth, kVectors), 512, 16},
       {"tensor", "product_tensor", kRead, copies(128, kPadded, kVectors), 512 * kFilled,
        16 * kFilled},
       {"pipelined", "product_tensor", kRead, copies(128, kPadded, kVectors), 512 * kFilled,
        16 * kFilled},
       // For each step a number of a and one of b for one product; a vector each for 16; two
       // vectors each for 64.
       {"tiled", "product_tiled", "shared read", 2 * tiles(16) * kPadded * kTiledThreads / 32, 128,
        0},
       {"registers", "product_registers", "shared read",
        2 * tiles(64) * kPadded * kTiledThreads / 32, 512, 0},
       {"vector", "product_registers", "shared read", 4 * tiles(128) * kDepth * kTiledThreads / 32,
        512, 0},
       {"naive", "matmul_naive", kWrite, kRows * kColumns / kFloats, 128, 4},
       {"pipelined", "product_tensor", kWrite, kRows * kColumns / kVectors, 512, 16}}};
}

std::vector<Ladder> ladders() {
  constexpr double kElements = 2 * 8 * 8 * 16;  // of an elementwise operation
  constexpr double kNormed = 2 * 7 * 7 * 64;    // of a batch norm
  constexpr double kSummed = 150 * 64;          // down 150 rows
  constexpr double kPooled = 4 * 4 * 64;        // what a pool leaves of 8 x 8 pixels
  constexpr double kImages = 4, kPixels = 7 * 7, kImage = kPixels * 64;
  constexpr double kUpdated = 64 * 128;
  constexpr double kJoined = 2 * 8 * 8 * (16 + 48);
  constexpr double kColumns = 256, kRows = 32;
  // A warp takes two pixels with its vectors. There are 49: the last one has half a warp.
  constexpr double kPairs = kImages * 25;
  constexpr double kBytesOfPair = 4 * kImages * kImage / kPairs;
  return {
      products(),
      // Each number three times: for the maximum, the sum and the result. In registers, once.
      softmax(Op::softmax, "softmax", 3, 1),
      softmax(Op::log_softmax, "log_softmax", 3, 1),
      // y and dy for the sum and for the result. That of log_softmax is a sum of dy alone.
      softmax(Op::softmax_backward, "softmax_backward", 4, 2),
      softmax(Op::log_softmax_backward, "log_softmax_backward", 3, 2),
      {Op::argmax,
       "256_classes",
       {{"naive", "argmax_thread", kRead, kColumns, 128, 32},
        {"warp", "argmax_warp", kRead, kRows * kColumns / kFloats, 128, 4}}},

      vectors(Op::activation, "none/[2, 8, 8, 16]", "map_naive", "map_vector", kRead, kElements),
      vectors(Op::activation, "none/[2, 8, 8, 16]", "map_naive", "map_vector", kWrite, kElements),
      vectors(Op::activation_backward, "none/[2, 8, 8, 16]", "map_naive", "map_vector", kRead,
              2 * kElements),
      vectors(Op::add, "[2, 8, 8, 16]", "add_channels_naive", "map_vector", kRead, 2 * kElements),
      vectors(Op::concat, "whole_vectors", "copy_into", "copy_into", kRead, kJoined),
      vectors(Op::concat_backward, "whole_vectors", "copy_out", "copy_out", kWrite, kJoined),
      vectors(Op::sgd, "large", "update_elements", "update_chunks", kRead, 3 * kUpdated),
      vectors(Op::sgd, "large", "update_elements", "update_chunks", kWrite, 2 * kUpdated),
      vectors(Op::adam, "large", "update_elements", "update_chunks", kRead, 4 * kUpdated),
      vectors(Op::adam, "large", "update_elements", "update_chunks", kWrite, 3 * kUpdated),
      vectors(Op::max_pool2d, "3x3_s2_p1_64_channels", "pool_naive", "pool_vector", kWrite,
              2 * kPooled),  // with the indices
      vectors(Op::max_pool2d_backward, "3x3_s2_p1_64_channels", "pool_naive", "pool_vector", kWrite,
              8 * 8 * 64),
      vectors(Op::avg_pool2d, "3x3_s2_p1_64_channels", "pool_naive", "pool_vector", kWrite,
              kPooled),
      vectors(Op::avg_pool2d_backward, "3x3_s2_p1_64_channels", "pool_naive", "pool_vector", kWrite,
              8 * 8 * 64),

      {Op::sum_to_channels,
       "[150, 64]",
       {{"naive", "sum_column", kRead, kSummed / kFloats, 128, 4},
        {"columns", "sum_rows", kRead, kSummed / kFloats, 128, 4},
        {"vector", "sum_rows", kRead, kSummed / kVectors, 512, 16}}},
      // One pass for both statistics.
      {Op::batch_norm,
       "2x7x7x64",
       {{"columns", "moments_of_rows", kRead, kNormed / kFloats, 128, 4},
        {"vector", "moments_of_rows", kRead, kNormed / kVectors, 512, 16},
        {"columns", "normalize_columns", kWrite, kNormed / kFloats, 128, 4},
        {"vector", "normalize_columns", kWrite, kNormed / kVectors, 512, 16}}},
      {Op::batch_norm_backward,
       "2x7x7x64",
       {{"columns", "subtract_means", kWrite, kNormed / kFloats, 128, 4},
        {"vector", "subtract_means", kWrite, kNormed / kVectors, 512, 16}}},
      {Op::batch_norm_frozen,
       "2x7x7x64",
       {{"naive", "normalize_naive", kRead, 5 * kNormed / kFloats, 128, 4},
        {"columns", "normalize_columns", kWrite, kNormed / kFloats, 128, 4},
        {"vector", "normalize_columns", kWrite, kNormed / kVectors, 512, 16}}},
      {Op::global_avg_pool,
       "[4, 7, 7, 64]",
       {{"naive", "mean_naive", kRead, kImages * kImage / kFloats, 128, 4},
        {"block", "mean_block", kRead, kImages * kImage / kFloats, 128, 4},
        {"vector", "mean_block", kRead, kPairs, kBytesOfPair, kBytesOfPair / 32}}},
      {Op::global_avg_pool_backward,
       "[4, 7, 7, 64]",
       {{"naive", "spread_naive", kWrite, kImages * kImage / kFloats, 128, 4},
        {"vector", "spread_block", kWrite, kPairs, kBytesOfPair, kBytesOfPair / 32}}},
  };
}

TEST(Ladder, steps_make_the_requests_they_claim) {
  SKIP_WITHOUT("simt-tracked");
  for (const auto& [op, test, steps] : ladders()) {
    for (const Step& step : steps) {
      SCOPED_TRACE(std::string(name_of(op)) + " " + step.variant + ", " + step.kind);
      const Profile& one = profile_of(op, step.variant);
      EXPECT_TRUE(one.name.starts_with(test)) << one.name << " is larger: adapt the numbers";
      const LineCounters sums = total(one, step.kind, step.kernel);
      EXPECT_EQ(sums.requests, step.requests);
      EXPECT_DOUBLE_EQ(double(sums.bytes), step.requests * step.bytes);
      EXPECT_DOUBLE_EQ(double(sums.sectors), step.requests * step.sectors);
    }
  }
}

/// What a step has less of than the one before, over all of its kernels.
struct Gain {
  Op op;
  std::string before, after, kind;
  uint64_t LineCounters::*counter;
  double most;  ///< of what there was before
};

std::vector<Gain> gains() {
  constexpr auto kRequests = &LineCounters::requests, kBytes = &LineCounters::bytes,
                 kSectors = &LineCounters::sectors;
  return {
      // A byte for each product of a thread's 8 x 8; for 64 x 32 of a warp 6 fragments of 1 KiB
      // each 16 steps (80 for 72), and the results once.
      {Op::matmul, "vector", "tensor", "shared read", kBytes, 3 / 16.0 * 80 / 72 + 4.0 / 72},
      // Of two barriers for each of five steps, and one at the end.
      {Op::matmul, "tensor", "pipelined", "barrier", kRequests, 6 / 11.0},
      // A number is read once for 16 products, then for 64 and 128; zeros at the border never.
      {Op::conv2d, "naive", "tiled", kRead, kBytes, 1 / 15.0},
      {Op::conv2d, "tiled", "registers", kRead, kBytes, 1 / 4.0},
      {Op::conv2d, "registers", "vector", kRead, kRequests, 1 / 8.0},
      {Op::conv2d, "vector", "tensor", "shared read", kBytes, 3 / 16.0 * 80 / 72 + 4.0 / 72},
      {Op::conv2d, "tensor", "pipelined", "barrier", kRequests, 6 / 11.0},
      {Op::conv2d_backward_data, "naive", "tiled", kRead, kBytes, 1 / 10.0},  // eight columns only
      {Op::conv2d_backward_data, "tensor", "pipelined", "barrier", kRequests, 0.6},
      {Op::conv2d_backward_filter, "naive", "tiled", kRead, kBytes, 1 / 14.0},  // 72 of 80 columns
      {Op::conv2d_backward_filter, "tensor", "pipelined", "barrier", kRequests, 0.6},
      // 4 sectors for 32, and a few for the labels.
      {Op::cross_entropy, "naive", "block", kRead, kSectors, 1 / 7.0},
      {Op::cross_entropy, "naive", "warp", kWrite, kSectors, 1 / 7.0},
      {Op::cross_entropy_backward, "naive", "block", kWrite, kSectors, 1 / 7.0},
      {Op::cross_entropy_backward, "naive", "warp", kRead, kSectors, 1 / 7.0},
      // Two searches of the row side by side, for one of 32 sectors a request.
      {Op::topk, "naive", "warp", kRead, kSectors, 2 / 7.0},
      // What a block shares, a warp need not: shared memory and barriers.
      {Op::softmax, "block", "warp", "barrier", kRequests, 0},
      {Op::softmax, "block", "warp", "shared read", kRequests, 0},
      {Op::log_softmax, "block", "warp", "barrier", kRequests, 0},
      {Op::cross_entropy, "block", "warp", "barrier", kRequests, 0.5},  // the mean is of a block

      // x twice for three times; by channel four numbers for 6 rows, for a bias each row.
      {Op::batch_norm, "naive", "columns", kRead, kBytes, 0.75},
      {Op::batch_norm, "columns", "vector", kRead, kRequests, 0.5},
      // x, and four numbers for 6 rows, for five numbers each.
      {Op::batch_norm_frozen, "naive", "columns", kRead, kBytes, 1.7 / 5},
      {Op::batch_norm_frozen, "columns", "vector", kRead, kRequests, 0.5},
      {Op::batch_norm_frozen_backward, "columns", "vector", kRead, kRequests, 0.5},
      {Op::batch_norm_backward, "columns", "vector", kRead, kRequests, 0.5},

      // A quarter, and at the borders what the windows of neighbours differ by.
      {Op::max_pool2d, "naive", "vector", kRead, kRequests, 0.3},
      {Op::max_pool2d, "naive", "vector", kRead, kBytes, 1},
      {Op::max_pool2d_backward, "naive", "vector", kRead, kRequests, 0.4},
      {Op::max_pool2d_backward, "naive", "vector", kRead, kBytes, 1},
      {Op::avg_pool2d, "naive", "vector", kRead, kRequests, 0.3},
      {Op::avg_pool2d, "naive", "vector", kRead, kBytes, 1},
      {Op::avg_pool2d_backward, "naive", "vector", kRead, kRequests, 0.4},
      {Op::avg_pool2d_backward, "naive", "vector", kRead, kBytes, 1},
      // Each gradient is read once for all pixels, or for those of one thread.
      {Op::global_avg_pool_backward, "naive", "vector", kRead, kRequests, 0.25},

      // Of 1031 numbers, seven are written one by one. Two f64 fill 16 bytes.
      {Op::cast, "naive", "vector", kWrite, kRequests, 0.6},
      {Op::dropout, "naive", "vector", kWrite, kRequests, 0.3},
      {Op::dropout_backward, "naive", "vector", kWrite, kRequests, 0.3},
      {Op::uniform, "naive", "vector", kWrite, kRequests, 0.4},
  };
}

TEST(Ladder, each_step_needs_less_than_the_one_before) {
  SKIP_WITHOUT("simt-tracked");
  for (const Gain& gain : gains()) {
    SCOPED_TRACE(std::string(name_of(gain.op)) + " " + gain.after + ", " + gain.kind);
    const Profile &before = profile_of(gain.op, gain.before),
                  &after = profile_of(gain.op, gain.after);
    EXPECT_EQ(before.name, after.name);
    const uint64_t had = total(before, gain.kind, "").*gain.counter;
    const uint64_t has = total(after, gain.kind, "").*gain.counter;
    EXPECT_GT(had, 0U);
    EXPECT_LE(double(has), gain.most * double(had));
  }
}

/// Tiles of both layouts, along the depth and across it.
TEST(Ladder, tensor_steps_have_no_bank_conflicts) {
  SKIP_WITHOUT("simt-tracked");
  for (const Op op : {Op::matmul, Op::conv2d, Op::conv2d_backward_filter}) {
    for (const std::string variant : {"tensor", "pipelined"}) {
      const Profile& one = profile_of(op, variant);
      EXPECT_FALSE(one.lines.empty());
      for (const LineCounters& line : one.lines) {
        if (!line.kind.starts_with("shared")) continue;
        EXPECT_EQ(line.wavefronts * 128, line.bytes) << one.name << " " << line.place;
      }
    }
  }
  // Profiles are of f32.
  const auto backend = open_backend("simt-tracked");
  for (const std::string name : {"256x72x128_bt", "24x264x72_at"}) {
    const auto test = std::find_if(cases().begin(), cases().end(),
                                   [&](const Case& one) { return one.name == name + "/integers"; });
    ASSERT_NE(test, cases().end()) << name;
    backend->watch()->count(true);
    run_cases(*backend, {*test}, {.dtype = DType::bf16, .variant = "pipelined"});
    backend->watch()->count(false);
    const std::vector<LineCounters> lines = backend->watch()->take_counters();
    EXPECT_FALSE(lines.empty());
    for (const LineCounters& line : lines) {
      if (!line.kind.starts_with("shared")) continue;
      EXPECT_EQ(line.wavefronts * 128, line.bytes) << name << " " << line.place;
    }
  }
}

}  // namespace
}  // namespace tailor::verify
