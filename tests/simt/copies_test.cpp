// Copies that go on by themselves: what they bring, and that nobody touches what has not arrived.
#include <algorithm>
#include <numeric>

#include "tests/simt/device.h"

namespace tailor::test {
namespace {

using Lines = std::vector<std::string>;
using Words = std::vector<uint32_t>;

Words counted(size_t count) {
  Words words(count);
  std::iota(words.begin(), words.end(), 1000);
  return words;
}

class Copying : public Runner {
 protected:
  /// What hand_over_copies gives with a barrier around the wait where asked.
  Words hand_over(Between before, bool waits, Between after, int shift, int inside = 64) {
    const Array<uint32_t> x(device(), counted(256)), y(device(), 256);
    device().run("hand_over_copies", {.threads = 64},
                 {x.data(), before, waits, after, shift, inside, y.data()});
    if (device().backend().watch() != nullptr) findings_ = device().found();
    return y.host();
  }
  const Lines& findings() const { return findings_; }

 private:
  Lines findings_;
};
INSTANTIATE_TEST_SUITE_P(, Copying, testing::Values("simt", "simt-tracked", "cuda"),
                         name_of_device);

TEST_P(Copying, brings_what_was_asked_for_and_zeros_for_what_lies_outside) {
  Words expected = counted(256);
  EXPECT_EQ(hand_over(kNothing, true, kBlockBarrier, 0), expected);
  EXPECT_EQ(findings(), Lines());
  std::rotate(expected.begin(), expected.begin() + size_t{5} * 4, expected.end());
  EXPECT_EQ(hand_over(kNothing, true, kBlockBarrier, 5), expected);
  EXPECT_EQ(findings(), Lines());
  expected = counted(256);
  std::fill(expected.begin() + size_t{40} * 4, expected.end(), 0);
  EXPECT_EQ(hand_over(kNothing, true, kBlockBarrier, 0, 40), expected);
}

using EmulatedCopying = Copying;
INSTANTIATE_TEST_SUITE_P(, EmulatedCopying, both_devices(), name_of_device);

/// A GPU may be sooner.
TEST_P(EmulatedCopying, is_not_there_before_the_wait) {
  EXPECT_EQ(hand_over(kBlockBarrier, false, kNothing, 0), Words(256, 99));
}

class TrackedCopying : public Tracked {
 protected:
  /// Without the lines of ptx.h, such as " (ptx.h:37)".
  Lines found() {
    Lines found = device().found();
    for (std::string& line : found) {
      for (size_t at; (at = line.find(" (ptx.h:")) != std::string::npos;) {
        line.erase(at, line.find(')', at) + 1 - at);
      }
    }
    return found;
  }
  Lines hand_over(Between before, bool waits, Between after, int shift) {
    const Array<uint32_t> x(device(), counted(256)), y(device(), 256);
    device().run("hand_over_copies", {.threads = 64},
                 {x.data(), before, waits, after, shift, 64, y.data()});
    return found();
  }
};

TEST_F(TrackedCopying, may_be_read_by_its_thread_after_the_wait_by_others_after_a_barrier_too) {
  EXPECT_EQ(hand_over(kNothing, true, kNothing, 0), Lines());
  EXPECT_EQ(hand_over(kNothing, true, kBlockBarrier, 33), Lines());
}

TEST_F(TrackedCopying, needs_a_wait) {
  const Lines own = hand_over(kNothing, false, kNothing, 0);
  ASSERT_EQ(own.size(), 1);
  EXPECT_EQ(own[0], lines({"race: hand_over_copies: @copy_read, block 0, thread 0: read of byte 0 "
                           "of words (1024 bytes of shared memory) races with the copy not waited "
                           "for that was started at @copied, block 0, thread 0 (256 times)"})[0]);
  // A barrier does not bring the copies of others home.
  const Lines others = hand_over(kBlockBarrier, false, kBlockBarrier, 33);
  ASSERT_EQ(others.size(), 1);
  EXPECT_NE(others[0].find("races with the copy not waited for"), std::string::npos) << others[0];
}

TEST_F(TrackedCopying, needs_the_barrier_behind_the_wait) {
  EXPECT_FALSE(hand_over(kBlockBarrier, true, kNothing, 33).empty());
  const Array<uint32_t> x(device(), counted(4)), y(device(), 1);
  device().run("copy_for_another", {.threads = 64}, {x.data(), 1, y.data()});
  EXPECT_EQ(found(), Lines());
  device().run("copy_for_another", {.threads = 64}, {x.data(), 0, y.data()});
  EXPECT_EQ(
      found(),
      lines({"race: copy_for_another: @read_by_another, block 0, thread 40: read of byte 0 of "
             "words (16 bytes of shared memory) races with the write at @copied_for_another, "
             "block 0, thread 0"}));
}

TEST_F(TrackedCopying, is_waited_for_in_groups) {
  const Array<uint32_t> x(device(), counted(12)), y(device(), 1);
  for (const int group : {0, 1}) {
    device().run("wait_for_some", {.threads = 1}, {x.data(), group, y.data()});
    EXPECT_EQ(found(), Lines());
    EXPECT_EQ(y.host()[0], 1003U + 4U * static_cast<uint32_t>(group));
  }
  device().run("wait_for_some", {.threads = 1}, {x.data(), 2, y.data()});
  EXPECT_EQ(
      found(),
      lines({"race: wait_for_some: @group_read, block 0, thread 0: read of byte 44 of words "
             "(48 bytes of shared memory) races with the copy not waited for that was started "
             "at @copied_in_groups, block 0, thread 0"}));
}

TEST_F(TrackedCopying, may_not_meet_another_one) {
  const Array<uint32_t> x(device(), counted(4)), y(device(), 1);
  device().run("copy_twice", {.threads = 1}, {x.data(), y.data()});
  EXPECT_EQ(
      found(),
      lines({"race: copy_twice: @copied_again, block 0, thread 0: write of byte 0 of words "
             "(16 bytes of shared memory) races with the copy not waited for that was started "
             "at @copied_first, block 0, thread 0"}));
}

TEST_F(TrackedCopying, goes_to_aligned_addresses_of_shared_memory) {
  const Array<uint32_t> x(device(), counted(4)), y(device(), Words(8));
  device().run("copy_elsewhere", {.threads = 1}, {x.data(), 1, y.data()});
  EXPECT_EQ(found(),
            lines({"misaligned: copy_elsewhere: @copied_elsewhere, block 0, thread 0: writes 16 "
                   "bytes at once from byte 8 of words (32 bytes of shared memory)"}));
  device().run("copy_elsewhere", {.threads = 1}, {x.data(), 0, y.data()});
  const Lines elsewhere = found();
  ASSERT_EQ(elsewhere.size(), 1);
  EXPECT_NE(elsewhere[0].find("which is not in shared memory"), std::string::npos) << elsewhere[0];
}

}  // namespace
}  // namespace tailor::test
