// What the lines of kernels cost, against counts made by hand. A request is one line of code by one
// warp; a sector has 32 bytes; a wavefront serves each of 32 banks of shared memory once.
#include <algorithm>

#include "tests/simt/device.h"

namespace tailor::test {
namespace {

using Lines = std::vector<std::string>;

std::string text_of(const LineCounters& c) {
  return fmt::format(
      "{} {} {}: {} requests, {} bytes, {} sectors of {} ideal, {} wavefronts, {} divergent",
      c.kernel, c.place, c.kind, c.requests, c.bytes, c.sectors, c.ideal_sectors, c.wavefronts,
      c.divergent);
}

LineCounters global(const char* kind, const std::string& line, uint64_t requests, uint64_t bytes,
                    uint64_t sectors, uint64_t ideal, uint64_t divergent = 0) {
  return {.place = place_of(line),
          .kind = std::string("global ") + kind,
          .requests = requests,
          .bytes = bytes,
          .sectors = sectors,
          .ideal_sectors = ideal,
          .divergent = divergent};
}

LineCounters shared(const char* kind, const std::string& line, uint64_t requests, uint64_t bytes,
                    uint64_t wavefronts, uint64_t divergent = 0) {
  return {.place = place_of(line),
          .kind = std::string("shared ") + kind,
          .requests = requests,
          .bytes = bytes,
          .wavefronts = wavefronts,
          .divergent = divergent};
}

LineCounters barrier(const std::string& line, uint64_t requests) {
  return {.place = place_of(line), .kind = "barrier", .requests = requests};
}

class Counts : public Tracked {
 protected:
  void SetUp() override {
    Tracked::SetUp();
    if (IsSkipped()) return;
    device().watch().count(true);
    device().watch().take_counters();
  }
  void TearDown() override {
    if (!IsSkipped()) device().watch().count(false);
  }

  /// Runs the kernel and compares the lines it has in common with `expected`, or all.
  void expect(const std::string& kernel, const Size& size,
              std::initializer_list<Argument> arguments, std::vector<LineCounters> expected) {
    device().run(kernel, size, arguments);
    EXPECT_EQ(device().found(), Lines());
    Lines wanted, got;
    for (LineCounters& line : expected) {
      line.kernel = kernel;
      wanted.push_back(text_of(line));
    }
    for (const LineCounters& line : device().watch().take_counters()) got.push_back(text_of(line));
    std::sort(wanted.begin(), wanted.end());
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, wanted);
  }
};

TEST_F(Counts, coalesced_copy) {
  const Array<float> x(device(), std::vector<float>(128)), y(device(), 128);
  // 4 warps of 32 lanes read 128 bytes each, in 4 sectors.
  expect("gather", {.blocks = 2, .threads = 64}, {128, 1, x.data(), y.data()},
         {global("read", "gather_read", 4, 512, 16, 16),
          global("write", "gather_write", 4, 512, 16, 16)});
}

TEST_F(Counts, copy_that_ends_within_a_warp) {
  const Array<float> x(device(), std::vector<float>(100)), y(device(), 100);
  // 3 whole warps; of the fourth 4 lanes, 16 bytes in one sector.
  expect("gather", {.blocks = 2, .threads = 64}, {100, 1, x.data(), y.data()},
         {global("read", "gather_read", 4, 400, 13, 13, 1),
          global("write", "gather_write", 4, 400, 13, 13, 1)});
}

TEST_F(Counts, strided_reads) {
  const Array<float> x(device(), std::vector<float>(9 * 31 + 1)), y(device(), 32);
  // Every second number: 32 * 8 bytes in 8 sectors.
  expect(
      "gather", {}, {32, 2, x.data(), y.data()},
      {global("read", "gather_read", 1, 128, 8, 4), global("write", "gather_write", 1, 128, 4, 4)});
  // 36 bytes apart: a sector for each lane.
  expect("gather", {}, {32, 9, x.data(), y.data()},
         {global("read", "gather_read", 1, 128, 32, 4),
          global("write", "gather_write", 1, 128, 4, 4)});
  // All lanes read the same number.
  expect(
      "gather", {}, {32, 0, x.data(), y.data()},
      {global("read", "gather_read", 1, 128, 1, 1), global("write", "gather_write", 1, 128, 4, 4)});
}

TEST_F(Counts, transposes) {
  const Array<float> x(device(), std::vector<float>(64 * 64)), y(device(), 64 * 64);
  const Size size{.blocks = 2, .threads = 32, .blocks_y = 2, .threads_y = 32};
  // 4 blocks of 32 warps: 128 requests of 128 bytes; 4 sectors each in a row, 32 in a column.
  expect("transpose_directly", size, {64, x.data(), y.data()},
         {global("read", "direct_read", 128, 16384, 512, 512),
          global("write", "direct_write", 128, 16384, 4096, 512)});
  const auto by_tile = [](uint64_t wavefronts_of_column) -> std::vector<LineCounters> {
    return {global("read", "tile_in", 128, 16384, 512, 512),
            global("write", "tile_out", 128, 16384, 512, 512),
            shared("write", "tile_write", 128, 16384, 128), barrier("tile_barrier", 128),
            shared("read", "tile_read", 128, 16384, wavefronts_of_column)};
  };
  // In a column of a tile 32 wide all numbers are in one bank; 33 wide, in 32 banks.
  expect("transpose<32>", size, {64, x.data(), y.data()}, by_tile(128 * 32));
  expect("transpose<33>", size, {64, x.data(), y.data()}, by_tile(128));
}

TEST_F(Counts, vectors_of_four_that_a_helper_takes_by_value) {
  const Array<float> x(device(), std::vector<float>(1000)), y(device(), 1000);
  // 250 threads of 8 warps; of the last 26 lanes. A whole warp has 512 bytes, 16 sectors; the last
  // 416 bytes, 13 sectors.
  const uint64_t sectors = 7 * 16 + 13;
  expect("scale_fours", {.blocks = 2, .threads = 128}, {250, x.data(), y.data()},
         {global("read", "scale_fours", 8, 4000, sectors, sectors, 1),
          global("write", "scale_fours", 8, 4000, sectors, sectors, 1)});
}

TEST_F(Counts, structs_of_three_that_a_helper_takes_by_value) {
  const Array<float> x(device(), std::vector<float>(96)), y(device(), 32);
  // Aligned to 4 bytes only, so read in three accesses; each is 12 bytes apart over 384 bytes.
  expect("sum_triples", {}, {x.data(), y.data()},
         {global("read", "sum_triples", 3, 384, 3 * 12, 3 * 4),
          global("write", "sum_triples", 1, 128, 4, 4)});
}

TEST_F(Counts, wide_reads_of_shared_memory) {
  const Array<float> x(device(), std::vector<float>(128)), y(device(), 128);
  for (const uint64_t numbers : {1, 2, 4}) {
    const std::string type = numbers == 1 ? "float" : "float" + std::to_string(numbers);
    device().run("reverse_wide<" + type + ">", {}, {x.data(), y.data()});
    uint64_t wavefronts = 0;
    for (const LineCounters& line : device().watch().take_counters()) {
      if (line.kind == "shared read") wavefronts += line.wavefronts;
    }
    // 128 bytes a wavefront at best: the warp reads once, twice or four times as many.
    EXPECT_EQ(wavefronts, numbers);
  }
}

TEST_F(Counts, every_access_of_a_loop) {
  const Array<float> y(device(), 128);
  // 2 blocks of 2 warps. In each of 10 rounds a thread reads its own number and the step, and
  // writes its own; the step is one word, read by all lanes in one wavefront.
  expect("add_rounds", {.blocks = 2, .threads = 64}, {10, 1, y.data()},
         {shared("write", "own_zeroed", 4, 512, 4), shared("write", "step_set", 2, 8, 2, 2),
          shared("write", "only_written", 4, 512, 4), barrier("rounds_barrier", 4),
          shared("read", "round", 80, 10240, 80), shared("write", "round", 40, 5120, 40),
          shared("read", "rounds_out", 4, 512, 4), global("write", "rounds_out", 4, 512, 16, 16)});
  EXPECT_EQ(y.host(), std::vector<float>(128, 10));
}

TEST_F(Counts, guarded_loads_happen_when_their_guard_says_so) {
  const Array<float> y(device(), 64);
  const Size size{.threads = 64};
  device().run("read_guarded", size, {10, -1, y.data()});
  EXPECT_EQ(y.host(), std::vector<float>(64, 10));  // and nothing uninitialised was read
  for (const LineCounters& line : device().watch().take_counters()) {
    EXPECT_NE(line.place, place_of("guarded_read"));
  }
  device().run("read_guarded", size, {10, 4, y.data()});
  EXPECT_EQ(y.host(), std::vector<float>(64, 12));
  Lines guarded;
  for (const LineCounters& line : device().watch().take_counters()) {
    if (line.kind.starts_with("shared")) guarded.push_back(text_of(line));
  }
  LineCounters read = shared("read", "guarded_read", 2, 256, 2);
  LineCounters write = shared("write", "guarded_write", 1, 4, 1, 1);
  read.kernel = write.kernel = "read_guarded";
  std::sort(guarded.begin(), guarded.end());
  Lines wanted = {text_of(read), text_of(write)};
  std::sort(wanted.begin(), wanted.end());
  EXPECT_EQ(guarded, wanted);
}

TEST_F(Counts, one_of_two_neighbours_is_read) {
  const Array<float> y(device(), 32);
  for (const int second : {0, 1}) {
    device().run("choose", {}, {second, y.data()});
    EXPECT_EQ(y.host(), std::vector<float>(32, 5));  // the other is uninitialised
    uint64_t bytes = 0;
    for (const LineCounters& line : device().watch().take_counters()) {
      if (line.kind == "shared read") bytes += line.bytes;
    }
    EXPECT_EQ(bytes, 128U);
  }
}

TEST_F(Counts, some_lanes_of_a_warp) {
  const Array<float> y(device(), 32);
  // 12 lanes write 48 bytes.
  expect("write_below", {}, {12, y.data()}, {global("write", "write_below", 1, 48, 2, 2, 1)});
  expect("write_below", {.threads = 12}, {12, y.data()},
         {global("write", "write_below", 1, 48, 2, 2)});  // all there are
}

TEST_F(Counts, atomics_on_one_word) {
  const Array<int> x(device(), std::vector<int>(128, 1)), sum(device(), std::vector<int>{0});
  expect("add_up", {.blocks = 2, .threads = 64}, {x.data(), sum.data()},
         {global("read", "add_up", 4, 512, 16, 16), global("atomic", "add_up", 4, 512, 4, 4)});
  EXPECT_EQ(sum.host()[0], 128);
}

TEST_F(Counts, copies_by_memcpy) {
  const Array<float> x(device(), std::vector<float>(1024)), y(device(), 1024);
  // 64 threads read 16 numbers each: 16 requests of 2 warps, whose lanes are 64 bytes apart.
  expect("copy_blocks", {.threads = 64}, {x.data(), y.data()},
         {global("read", "copy_blocks", 32, 4096, 32 * 32, 32 * 4),
          global("write", "copy_blocks", 32, 4096, 32 * 32, 32 * 4)});
}

TEST_F(Counts, block_that_was_stopped_counts_as_far_as_it_came) {
  const Array<float> x(device(), std::vector<float>(64)), y(device(), 64);
  device().watch().forbid(x.data() + 10, 4);
  device().watch().forbid(x.data() + 42, 4);
  device().run("gather", {.blocks = 2}, {64, 1, x.data(), y.data()});
  EXPECT_EQ(device().found().size(), 1U);
  // Of each block lanes 0 to 9: 40 bytes, 2 sectors. The next launch starts anew.
  Lines wanted, got;
  for (LineCounters line : {global("read", "gather_read", 2, 80, 4, 4, 2),
                            global("write", "gather_write", 2, 80, 4, 4, 2)}) {
    line.kernel = "gather";
    wanted.push_back(text_of(line));
  }
  for (const LineCounters& line : device().watch().take_counters()) got.push_back(text_of(line));
  EXPECT_EQ(got, wanted);
  expect("gather", {}, {10, 1, x.data(), y.data()},
         {global("read", "gather_read", 1, 40, 2, 2, 1),
          global("write", "gather_write", 1, 40, 2, 2, 1)});
}

TEST_F(Counts, nothing_is_counted_unless_asked) {
  const Array<float> y(device(), 32);
  device().watch().count(false);
  device().run("write_below", {}, {12, y.data()});
  EXPECT_TRUE(device().watch().take_counters().empty());
}

}  // namespace
}  // namespace tailor::test
