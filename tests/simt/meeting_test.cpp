// Barriers, shuffles and votes that not all threads come to: both simt devices find them.
#include "tests/simt/device.h"

namespace tailor::test {
namespace {

using Meeting = Runner;
INSTANTIATE_TEST_SUITE_P(, Meeting, both_devices(), name_of_device);

using Lines = std::vector<std::string>;

/// As meet_lanes takes them.
int full_mask() { return -1; }

TEST_P(Meeting, threads_at_different_barriers) {
  device().run("two_barriers", {.threads = 64}, {64});
  device().run("two_barriers", {.threads = 64}, {0});
  EXPECT_EQ(device().found(), Lines());
  device().run("two_barriers", {.threads = 64}, {40});
  EXPECT_EQ(device().found(),
            lines({"barrier: two_barriers: @lower_barrier, block 0, thread 0: waits at "
                   "__syncthreads while thread 40 waits at another one, line #upper_barrier"}));
}

TEST_P(Meeting, threads_at_different_barriers_of_a_line) {
  device().run("two_barriers_of_a_line", {.threads = 64}, {64});
  EXPECT_EQ(device().found(), Lines());
  device().run("two_barriers_of_a_line", {.threads = 64}, {40});
  EXPECT_EQ(device().found(),
            lines({"barrier: two_barriers_of_a_line: @barriers_of_a_line, block 0, thread 0: waits "
                   "at __syncthreads while thread 40 waits at another one, line "
                   "#barriers_of_a_line"}));
}

TEST_P(Meeting, threads_that_leave_before_a_barrier) {
  device().run("some_leave", {.threads = 64}, {64});
  EXPECT_EQ(device().found(), Lines());
  device().run("some_leave", {.blocks = 2, .threads = 64}, {40});
  EXPECT_EQ(device().found(),
            lines({"barrier: some_leave: @barrier_behind_return, block 0, thread 0: waits at "
                   "__syncthreads, which thread 40 has left the kernel without reaching "
                   "(2 times)"}));
}

TEST_P(Meeting, barrier_in_a_loop_of_uneven_rounds) {
  device().run("loop_unevenly", {.threads = 64}, {0});
  device().run("loop_unevenly", {.threads = 64}, {64});
  EXPECT_EQ(device().found(), Lines());
  device().run("loop_unevenly", {.threads = 64}, {10});
  EXPECT_EQ(device().found(),
            lines({"barrier: loop_unevenly: @barrier_in_loop, block 0, thread 10: waits at "
                   "__syncthreads, which thread 0 has left the kernel without reaching"}));
}

TEST_P(Meeting, lanes_that_have_left) {
  for (const int how : {kShuffle, kVote, kWarpBarrier}) {
    device().run("meet_lanes", {.threads = 64}, {how, full_mask(), 64});
    device().run("meet_lanes", {.threads = 32}, {how, 0x00FFFFFF, 24});
  }
  EXPECT_EQ(device().found(), Lines());
  for (const int how : {kShuffle, kVote, kWarpBarrier}) {
    device().run("meet_lanes", {.threads = 64}, {how, full_mask(), 56});
  }
  const std::string behind = " with mask 0xffffffff for lane 24, which has left the kernel";
  EXPECT_EQ(
      device().found(),
      lines({"lane mask: meet_lanes: @meet_in_shuffle, block 0, thread 32: waits in a "
             "shuffle" +
                 behind,
             "lane mask: meet_lanes: @meet_in_vote, block 0, thread 32: waits in a vote" + behind,
             "lane mask: meet_lanes: @meet_in_barrier, block 0, thread 32: waits in "
             "__syncwarp" +
                 behind}));
}

TEST_P(Meeting, lanes_that_the_block_does_not_have) {
  device().run("meet_lanes", {.threads = 24}, {kVote, full_mask(), 24});
  EXPECT_EQ(device().found(),
            lines({"lane mask: meet_lanes: @meet_in_vote, block 0, thread 0: waits in a vote with "
                   "mask 0xffffffff for lane 24, which the block does not have"}));
}

TEST_P(Meeting, lane_that_its_own_mask_leaves_out) {
  device().run("meet_lanes", {}, {kShuffle, 0x0000FFFF, 32});
  EXPECT_EQ(device().found(),
            lines({"lane mask: meet_lanes: @meet_in_shuffle, block 0, thread 16: a shuffle with "
                   "mask 0x0000ffff, which leaves out lane 16 that calls it"}));
}

TEST_P(Meeting, shuffle_from_a_lane_outside_the_mask) {
  Array<int> y(device(), 32);
  device().run("shuffle_from", {}, {15, y.data()});
  EXPECT_EQ(device().found(), Lines());
  device().run("shuffle_from", {}, {16, y.data()});
  EXPECT_EQ(device().found(),
            lines({"lane mask: shuffle_from: @shuffle_from, block 0, thread 0: a shuffle reads "
                   "lane 16, which its mask 0x0000ffff leaves out (16 times)"}));
}

TEST_P(Meeting, shuffle_whose_width_is_no_power_of_two_up_to_32) {
  for (const int width : {1, 2, 4, 8, 16, 32}) device().run("shuffle_in_parts", {}, {width});
  EXPECT_EQ(device().found(), Lines());
  for (const int width : {0, 12, 64, -32}) {
    device().run("shuffle_in_parts", {}, {width});
    EXPECT_EQ(device().found(),
              lines({"lane mask: shuffle_in_parts: @shuffle_in_parts, block 0, thread 0: a shuffle "
                     "of width " +
                     std::to_string(width) + ", which is no power of two up to 32"}));
  }
}

TEST_P(Meeting, lanes_of_a_mask_at_different_words) {
  device().run("shuffle_or_vote", {}, {32});
  device().run("shuffle_or_vote", {}, {0});
  EXPECT_EQ(device().found(), Lines());
  device().run("shuffle_or_vote", {}, {16});
  EXPECT_EQ(device().found(),
            lines({"lane mask: shuffle_or_vote: @half_shuffles, block 0, thread 0: waits in a "
                   "shuffle with mask 0xffffffff for lane 16, which waits at @half_votes, block 0, "
                   "thread 16"}));
}

TEST_P(Meeting, findings_that_nobody_took_are_thrown_once) {
  EXPECT_NO_THROW(device().backend().synchronize());
  device().run("two_barriers", {.threads = 64}, {40});
  device().run("some_leave", {.threads = 64}, {40});
  try {
    device().backend().synchronize();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.what(),
              with_places("barrier: two_barriers: @lower_barrier, block 0, thread 0: waits at "
                          "__syncthreads while thread 40 waits at another one, line "
                          "#upper_barrier (and 1 more)"));
  }
  EXPECT_NO_THROW(device().backend().synchronize());
}

}  // namespace
}  // namespace tailor::test
