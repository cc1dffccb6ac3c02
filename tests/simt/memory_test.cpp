// Memory that is not a kernel's to touch, or that nobody has written: the tracked device finds
// every access.
#include <numeric>

#include "tests/simt/device.h"

namespace tailor::test {
namespace {

using Lines = std::vector<std::string>;

class OutOfBounds : public Tracked {};
class Uninitialised : public Tracked {};
class Misaligned : public Tracked {};

std::vector<float> numbers(size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

TEST_F(OutOfBounds, global_read_past_the_end) {
  const Array<float> enough(device(), numbers(65)), x(device(), numbers(64)), y(device(), 64);
  const Size size{.blocks = 2, .threads = 32};
  device().run("shift", size, {64, enough.data(), y.data()});
  std::vector<float> shifted = numbers(65);
  shifted.erase(shifted.begin());
  EXPECT_EQ(y.host(), shifted);

  device().run("shift", size, {64, x.data(), y.data()});
  EXPECT_EQ(device().found(),
            lines({"out of bounds: shift: @shift, block 1, thread 31: reads 0 bytes past the end "
                   "of a device buffer of 256 bytes"}));
}

TEST_F(OutOfBounds, global_write_past_the_end_does_not_happen) {
  const Array<float> x(device(), numbers(65)), y(device(), numbers(64));
  device().watch().forbid(y.data() + 60, 16);  // the last four
  const Size size{.blocks = 2, .threads = 32};
  device().run("shift", size, {64, x.data(), y.data()});
  EXPECT_EQ(device().found(),
            lines({"out of bounds: shift: @shift, block 1, thread 28: writes byte 240 of a device "
                   "buffer of 256 bytes, forbidden there"}));
  EXPECT_EQ(y.host()[59], 60);
  EXPECT_EQ(y.host()[60], 60);
}

TEST_F(OutOfBounds, global_word_that_lies_in_the_buffer_by_half) {
  const Array<unsigned char> x(device(), std::vector<unsigned char>(6)), y(device(), 8);
  device().run("copy", {.threads = 2}, {x.data(), y.data()});
  const Lines found = device().found();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].find(with_places("out of bounds: copy: @copy, block 0, thread 1: reads ")), 0U)
      << found[0];
}

TEST_F(OutOfBounds, copies_by_the_host) {
  const auto& memory = device().backend().memory();
  const Buffer small(memory, 1000), large(memory, 4000);
  memory->zero(small.data(), 1000);
  memory->copy(large.data(), small.data(), 1000);
  EXPECT_THROW(memory->zero(small.data(), 4000), Error);
  EXPECT_THROW(memory->copy(small.data(), large.data(), 4000), Error);
  EXPECT_THROW(memory->copy(large.data(), small.data(), 4000), Error);
  device().run("shift", {.blocks = 2, .threads = 32}, {64, large.data(), small.data()});
}

TEST_F(OutOfBounds, released_memory) {
  Array<float> x(device(), numbers(65)), y(device(), 64);
  float* const data = x.data();
  x.release();
  device().run("shift", {.blocks = 2, .threads = 32}, {64, data, y.data()});
  EXPECT_EQ(device().found(),
            lines({"out of bounds: shift: @shift, block 0, thread 0: reads byte 4 of a released "
                   "device buffer of 260 bytes (2 times)"}));
}

TEST_F(OutOfBounds, memory_of_the_host) {
  std::vector<float> x = numbers(65);
  const Array<float> y(device(), 64);
  device().run("shift", {.blocks = 2, .threads = 32}, {64, x.data(), y.data()});
  EXPECT_EQ(device().found(),
            lines({"out of bounds: shift: @shift, block 0, thread 0: reads memory that is not the "
                   "device's (2 times)"}));
}

TEST_F(OutOfBounds, index_past_a_declared_dimension) {
  const Array<float> y(device(), 32);
  device().run("read_column", {}, {7, y.data()});
  EXPECT_EQ(y.host()[6], 2 * 8 + 7);  // thread 6 reads row 2 of tile[row][column] = 8 row + column
  for (const int column : {8, -1}) {
    device().run("read_column", {}, {column, y.data()});
    EXPECT_EQ(device().found(),
              lines({"out of bounds: read_column: @read_column, block 0, thread 0: index " +
                     std::to_string(column) + " is outside an array's declared dimension"}));
  }
}

TEST_F(OutOfBounds, pointer_that_runs_from_one_shared_array_into_its_neighbour) {
  const Array<float> y(device(), 1);
  const Size size{.threads = 8};
  for (const bool second : {false, true}) {
    device().run("read_one_of_two", size, {second ? 1 : 0, 7, y.data()});
    EXPECT_EQ(y.host()[0], second ? 2 : 1);
    device().run("read_one_of_two", size, {second ? 1 : 0, 8, y.data()});
    EXPECT_EQ(device().found(),
              lines({std::string("out of bounds: read_one_of_two: @value_at, block 0, thread 3: "
                                 "reads 0 bytes past the end of ") +
                     (second ? "right" : "left") + " (32 bytes of shared memory)"}));
    device().run("read_one_of_two", size, {second ? 1 : 0, -1, y.data()});
    EXPECT_EQ(device().found().size(), 1U);
  }
}

TEST_F(OutOfBounds, past_the_dynamic_shared_memory_of_the_launch) {
  const Array<float> y(device(), 1);
  const Size size{.threads = 32, .shared_bytes = 128};
  device().run("read_dynamic", size, {31, y.data()});
  EXPECT_EQ(y.host()[0], 31);
  device().run("read_dynamic", size, {32, y.data()});
  EXPECT_EQ(device().found(),
            lines({"out of bounds: read_dynamic: @read_dynamic, block 0, thread 2: reads 0 bytes "
                   "past the end of the 128 bytes of dynamic shared memory"}));
}

TEST_F(OutOfBounds, more_shared_memory_than_there_is) {
  // Arrays have 48 KiB, both kinds together 227 KiB = 232448 bytes.
  const size_t all = 232448;
  device().run("use_shared<49152>", {.shared_bytes = all - 49152}, {});
  EXPECT_EQ(device().found(), Lines());
  device().run("use_shared<49153>", {}, {});
  device().run("use_shared<4096>", {.shared_bytes = all - 4096 + 1}, {});
  EXPECT_EQ(device().found(),
            (Lines{"shared memory: use_shared<49153>: block 0: the block uses 49153 bytes of "
                   "shared memory in arrays, more than the 49152 that there are",
                   "shared memory: use_shared<4096>: block 0: the block uses 232449 bytes of "
                   "shared memory, more than the 232448 that there are"}));
}

TEST_F(Uninitialised, shared) {
  const Array<float> y(device(), 192);
  device().run("leave_gap", {.blocks = 3, .threads = 64}, {-1, -1, y.data()});
  EXPECT_EQ(y.host(), std::vector<float>(192, 1));
  // What the block before has left there does not count.
  device().run("leave_gap", {.blocks = 3, .threads = 64}, {1, 17, y.data()});
  EXPECT_EQ(device().found(),
            lines({"uninitialised: leave_gap: @leave_gap, block 1, thread 17: reads byte 68 of "
                   "values (256 bytes of shared memory), which the block has not written"}));
}

TEST_F(Uninitialised, half_of_a_shared_word) {
  const Array<unsigned> y(device(), 1);
  device().run("read_half_written", {.threads = 1}, {2, y.data()});
  EXPECT_EQ(y.host()[0], 7U);
  device().run("read_half_written", {.threads = 1}, {4, y.data()});
  EXPECT_EQ(device().found(),
            lines({"uninitialised: read_half_written: @read_half_written, block 0, thread 0: "
                   "reads byte 2 of word (4 bytes of shared memory), which the block has not "
                   "written"}));
}

TEST_F(Uninitialised, global) {
  const Array<float> never(device(), 64), y(device(), 64), z(device(), 64);
  const Size size{.blocks = 2, .threads = 32};
  device().run("copy", size, {never.data(), y.data()});
  EXPECT_EQ(device().found(),
            lines({"uninitialised: copy: @copy, block 0, thread 0: reads byte 0 of a device buffer "
                   "of 256 bytes, which was never written (64 times)"}));
  // y has been written, if only with what nobody knows; a copy of what nobody wrote was not.
  device().run("copy", size, {y.data(), z.data()});
  EXPECT_EQ(device().found(), Lines());
  device().backend().memory()->copy(z.data(), never.data(), 256);
  device().run("copy", size, {z.data(), y.data()});
  EXPECT_EQ(device().found().size(), 1U);
  device().backend().memory()->zero(z.data(), 256);
  device().run("copy", size, {z.data(), y.data()});
  EXPECT_EQ(y.host(), std::vector<float>(64, 0));
}

TEST_F(Uninitialised, global_memory_that_was_forgotten) {
  const Array<float> x(device(), numbers(64)), y(device(), 64);
  device().watch().forget(x.data() + 40, 12);
  device().run("copy", {.blocks = 2, .threads = 32}, {x.data(), y.data()});
  EXPECT_EQ(device().found(),
            lines({"uninitialised: copy: @copy, block 1, thread 8: reads byte 160 of a device "
                   "buffer of 256 bytes, which was never written (3 times)"}));
}

TEST_F(Misaligned, vector_of_global_memory) {
  const Array<float> x(device(), numbers(132)), y(device(), 128);
  device().run("copy_fours", {}, {4, x.data(), y.data()});
  EXPECT_EQ(y.host()[5], 9);
  device().run("copy_fours", {}, {1, x.data(), y.data()});
  EXPECT_EQ(device().found(),
            lines({"misaligned: copy_fours: @copy_fours, block 0, thread 0: reads 16 bytes at once "
                   "from byte 4 of a device buffer of 528 bytes"}));
}

TEST_F(Misaligned, vector_that_is_made_where_it_is_stored) {
  const Array<float> y(device(), 8);
  device().run("store_four", {.threads = 1}, {4, y.data()});
  EXPECT_EQ(device().found(), Lines());
  device().run("store_four", {.threads = 1}, {1, y.data()});
  EXPECT_EQ(device().found(),
            lines({"misaligned: store_four: @store_four, block 0, thread 0: writes 16 bytes at "
                   "once from byte 4 of a device buffer of 32 bytes"}));
}

TEST_F(Misaligned, vector_of_shared_memory) {
  const Array<float> y(device(), 1);
  device().run("read_pair_of_shared", {.threads = 1}, {2, y.data()});
  EXPECT_EQ(y.host()[0], 2);
  device().run("read_pair_of_shared", {.threads = 1}, {1, y.data()});
  EXPECT_EQ(device().found(),
            lines({"misaligned: read_pair_of_shared: @read_pair, block 0, thread 0: reads 8 bytes "
                   "at once from byte 4 of values (16 bytes of shared memory)"}));
}

}  // namespace
}  // namespace tailor::test
