// Accesses that nothing orders: which threads race, where, and that what orders them keeps silent.
#include "tests/simt/device.h"

namespace tailor::test {
namespace {

using Lines = std::vector<std::string>;

class Races : public Tracked {
 protected:
  /// One thread of a block of 64 writes a shared word, another reads it.
  Lines hand_over(Between how, int from, int to) {
    const Array<float> y(device(), 1);
    device().run("hand_over", {.threads = 64}, {how, from, to, y.data()});
    return device().found();
  }
};

/// In rising order of threads.
Lines read_races_with_write(int reader, int writer) {
  return lines({"race: hand_over: @read, block 0, thread " + std::to_string(reader) +
                ": read of byte 0 of slot (4 bytes of shared memory) races with the write at "
                "@written, block 0, thread " +
                std::to_string(writer)});
}

TEST_F(Races, between_warps_only_barriers_of_the_block_order) {
  EXPECT_EQ(hand_over(kBlockBarrier, 5, 40), Lines());
  EXPECT_EQ(hand_over(kBlockVote, 5, 40), Lines());
  for (const Between how : {kNothing, kWarpBarrier, kHalfWarpBarrier, kShuffle, kVote, kFence}) {
    EXPECT_EQ(hand_over(how, 5, 40), read_races_with_write(40, 5)) << how;
  }
}

TEST_F(Races, within_a_warp_syncwarp_orders_and_shuffles_and_votes_do_not) {
  EXPECT_EQ(hand_over(kBlockBarrier, 5, 7), Lines());
  EXPECT_EQ(hand_over(kWarpBarrier, 5, 7), Lines());
  for (const Between how : {kNothing, kShuffle, kVote, kFence}) {
    EXPECT_EQ(hand_over(how, 5, 7), read_races_with_write(7, 5)) << how;
  }
}

TEST_F(Races, syncwarp_orders_the_lanes_of_its_mask) {
  EXPECT_EQ(hand_over(kHalfWarpBarrier, 5, 15), Lines());
  EXPECT_EQ(hand_over(kHalfWarpBarrier, 5, 16), read_races_with_write(16, 5));
}

TEST_F(Races, thread_does_not_race_with_itself) { EXPECT_EQ(hand_over(kNothing, 5, 5), Lines()); }

TEST_F(Races, likes_of_several_blocks_are_one_finding) {
  const Array<float> y(device(), 3);
  device().run("hand_over", {.blocks = 3, .threads = 64}, {kNothing, 5, 7, y.data()});
  EXPECT_EQ(device().found(), (Lines{read_races_with_write(7, 5)[0] + " (3 times)"}));
}

constexpr Touch kTouches[] = {kRead, kWrite, kAtomic};

std::string name_of(Touch touch) {
  return touch == kRead ? "read" : touch == kWrite ? "write" : "atomic";
}

/// "race: KERNEL: ..., block 0, thread 37: SECOND of byte 0 of WHAT races with the FIRST at ...",
/// unless both read or both are atomics.
Lines race_of(const std::string& kernel, const std::string& what, Touch first, Touch second,
              int second_block, int second_thread) {
  if (first == second && first != kWrite) return {};
  return lines({"race: " + kernel + ": @touch_" + name_of(second) + ", block " +
                std::to_string(second_block) + ", thread " + std::to_string(second_thread) + ": " +
                name_of(second) + " of byte 0 of " + what + " races with the " + name_of(first) +
                (second_block != 0 ? " by another block at @touch_" : " at @touch_") +
                name_of(first) + ", block 0, thread 3"});
}

TEST_F(Races, each_pair_of_accesses_to_a_shared_word) {
  const Array<int> y(device(), 2);
  for (const Touch first : kTouches) {
    for (const Touch second : kTouches) {
      device().run("touch_shared", {.threads = 64}, {first, second, y.data()});
      EXPECT_EQ(device().found(),
                race_of("touch_shared", "word (4 bytes of shared memory)", first, second, 0, 37));
    }
  }
}

TEST_F(Races, each_pair_of_accesses_to_a_global_word) {
  const Array<int> word(device(), std::vector<int>{0}), y(device(), 2);
  const std::string buffer = "a device buffer of 4 bytes";
  for (const Touch first : kTouches) {
    for (const Touch second : kTouches) {
      // Threads of one block, and thread 5 of the third.
      for (const int thread : {37, 2 * 64 + 5}) {
        device().run("touch_global", {.blocks = 3, .threads = 64},
                     {first, 3, second, thread, word.data(), y.data()});
        EXPECT_EQ(device().found(),
                  race_of("touch_global", buffer, first, second, thread / 64, thread % 64));
      }
    }
  }
}

TEST_F(Races, launches_come_after_each_other) {
  const Array<int> word(device(), std::vector<int>{0}), y(device(), 2);
  constexpr int kNobody = -1;
  for (const Touch touch : {kWrite, kRead, kAtomic, kWrite}) {
    device().run("touch_global", {.blocks = 3, .threads = 64},
                 {touch, 3, touch, kNobody, word.data(), y.data()});
  }
  EXPECT_EQ(device().found(), Lines());
}

TEST_F(Races, neighbouring_bytes_are_apart) {
  const Array<unsigned char> y(device(), 3 * 33);
  device().run("write_bytes", {.blocks = 3, .threads = 33}, {y.data()});
  EXPECT_EQ(y.host()[2 * 33 + 32], 32);
}

TEST_F(Races, atomic_is_a_flag_only_behind_a_fence) {
  const Array<float> x(device(), std::vector<float>{1, 2, 4, 8}), parts(device(), 4),
      sum(device(), 1);
  const auto run = [&](int fence) {
    const Array<unsigned> ticket(device(), std::vector<unsigned>{0});
    device().run("last_block_adds", {.blocks = 4, .threads = 1},
                 {fence, x.data(), parts.data(), ticket.data(), sum.data()});
    return device().found();
  };
  const int no_fence = 0, behind_write = 1, before_write = 2;
  EXPECT_EQ(run(behind_write), Lines());
  EXPECT_EQ(sum.host()[0], 15);
  // The last block reads what three others wrote.
  const Lines race =
      lines({"race: last_block_adds: @part_read, block 3, thread 0: read of byte 0 of a device "
             "buffer of 16 bytes races with the write by another block at @part_written, block 0, "
             "thread 0 (3 times)"});
  EXPECT_EQ(run(no_fence), race);
  EXPECT_EQ(run(before_write), race);
}

TEST_F(Races, device_variable_is_a_flag_too) {
  const Array<float> x(device(), std::vector<float>{1, 2, 4, 8}), parts(device(), 4),
      sum(device(), 1);
  for (int again = 0; again < 2; ++again) {
    device().run("last_block_adds_by_variable", {.blocks = 4, .threads = 1},
                 {x.data(), parts.data(), sum.data()});
    EXPECT_EQ(device().found(), Lines());
    EXPECT_EQ(sum.host()[0], 15);
  }
}

TEST_F(Races, lock_orders_what_is_done_behind_it_if_a_fence_stands_before_its_release) {
  const Array<float> x(device(), std::vector<float>{1, 2, 4, 8});
  for (const int host_threads : {1, 2, 4}) {
    device().set_host_threads(host_threads);
    const Array<unsigned> lock(device(), std::vector<unsigned>{0});
    const Array<float> sum(device(), std::vector<float>{0});
    device().run("add_in_turn", {.blocks = 4, .threads = 1},
                 {1, x.data(), lock.data(), sum.data()});
    EXPECT_EQ(device().found(), Lines());
    EXPECT_EQ(sum.host()[0], 15);
    device().run("add_in_turn", {.blocks = 4, .threads = 1},
                 {0, x.data(), lock.data(), sum.data()});
    // Each of six pairs of blocks reads and writes.
    EXPECT_EQ(device().found(),
              lines({"race: add_in_turn: @added_in_turn, block 1, thread 0: read of byte 0 of a "
                     "device buffer of 4 bytes races with the write by another block at "
                     "@added_in_turn, block 0, thread 0 (18 times)"}));
  }
}

TEST_F(Races, write_behind_a_fence_meets_atomics) {
  for (const int fenced : {0, 1}) {
    const Array<unsigned> count(device(), std::vector<unsigned>{0});
    device().run("count_and_forget", {.blocks = 4, .threads = 1}, {fenced, count.data()});
    EXPECT_EQ(device().found(),
              lines({"race: count_and_forget: @forgotten, block 2, thread 0: write of byte 0 of a "
                     "device buffer of 4 bytes races with the atomic by another block at "
                     "@counted, block 0, thread 0 (2 times)",
                     "race: count_and_forget: @counted, block 3, thread 0: atomic of byte 0 of a "
                     "device buffer of 4 bytes races with the write by another block at "
                     "@forgotten, block 2, thread 0"}))
        << fenced;
  }
}

TEST_F(Races, blocks_and_threads_of_planes_are_named_by_column_and_row) {
  const Array<int> word(device(), 1);
  device().run("meet_in_plane", {.blocks = 2, .threads = 4, .blocks_y = 3, .threads_y = 2},
               {word.data()});
  EXPECT_EQ(device().found(),
            lines({"race: meet_in_plane: @plane_write, block (1,2), thread (3,1): write of byte 0 "
                   "of a device buffer of 4 bytes races with the write at @plane_write, block "
                   "(1,2), thread (0,0)"}));
}

}  // namespace
}  // namespace tailor::test
