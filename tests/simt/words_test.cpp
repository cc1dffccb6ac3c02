// What CUDA's words give on the simt devices.
#include <algorithm>
#include <set>

#include "tests/simt/device.h"

namespace tailor::test {
namespace {

using Words = Runner;
INSTANTIATE_TEST_SUITE_P(, Words, both_devices(), name_of_device);

TEST_P(Words, shuffles) {
  Array<int> y(device(), size_t{8} * 32);
  device().run("shuffle_all_ways", {}, {y.data()});
  const std::vector<int> got = y.host();
  for (int lane = 0; lane < 32; ++lane) {
    // Each lane brings 100 + lane. With a width of 8 a warp is four parts; whoever would read from
    // outside of its part gets what it brought.
    const int part = lane / 8 * 8;
    const std::vector<int> from = {5,
                                   part + 3,
                                   lane < 3 ? lane : lane - 3,
                                   lane < part + 3 ? lane : lane - 3,
                                   lane > 28 ? lane : lane + 3,
                                   lane > part + 4 ? lane : lane + 3,
                                   lane ^ 9,
                                   (lane ^ 9) > part + 7 ? lane : lane ^ 9};
    for (size_t way = 0; way < from.size(); ++way) {
      EXPECT_EQ(got[way * 32 + static_cast<size_t>(lane)], 100 + from[way])
          << "way " << way << " lane " << lane;
    }
  }
}

TEST_P(Words, shuffles_that_lead_out_of_the_warp_give_what_the_lane_brought) {
  Array<int> y(device(), 96);
  std::vector<int> own(96);
  for (size_t i = 0; i < own.size(); ++i) own[i] = static_cast<int>(i % 32);
  for (const int distance : {32, 40, 1 << 30, -1, -5, -40}) {
    device().run("shuffle_too_far", {}, {distance, y.data()});
    EXPECT_EQ(y.host(), own) << distance;
  }
}

TEST_P(Words, halves_of_a_warp_shuffle_apart_and_eight_bytes_at_once) {
  Array<double> y(device(), 32);
  Array<long long> z(device(), 32);
  device().run("shuffle_in_halves", {}, {y.data(), z.data()});
  const auto doubles = y.host();
  const auto integers = z.host();
  for (size_t lane = 0; lane < 32; ++lane) {
    const size_t from = lane < 16 ? 2 : std::min<size_t>(lane + 1, 31);
    EXPECT_EQ(doubles[lane], 1e300 * static_cast<double>(1 + from));
    EXPECT_EQ(integers[lane], (1LL << 40) + static_cast<long long>(31 - lane));
  }
}

TEST_P(Words, votes) {
  Array<int> y(device(), 36);
  device().run("vote", {}, {y.data()});
  const std::vector<int> got = y.host();
  EXPECT_EQ(got[0], 1);   // lane 31 is any, lane 32 is none
  EXPECT_EQ(got[1], 1);   // all are below 32, not all below 31
  EXPECT_EQ(got[2], 1);   // the same among the lower half
  EXPECT_EQ(got[3], 11);  // lanes 0, 3, ... 30
  unsigned thirds = 0;
  for (unsigned lane = 0; lane < 32; lane += 3) thirds |= 1U << lane;
  EXPECT_EQ(std::vector<int>(got.begin() + 4, got.end()),
            std::vector<int>(32, static_cast<int>(thirds)));
}

TEST_P(Words, votes_of_a_block) {
  Array<int> y(device(), 240);
  device().run("vote_of_block", {.threads = 80}, {y.data()});
  std::vector<int> expected(80, 38);               // 4, 6, ... 78
  expected.insert(expected.end(), size_t{80}, 1);  // one thread is 79, none 80
  expected.insert(expected.end(), size_t{80}, 1);  // all are below 80, not all below 79
  EXPECT_EQ(y.host(), expected);
}

TEST_P(Words, atomics_return_what_was_and_leave_what_shall_be) {
  Array<unsigned> before(device(), 12), after(device(), 12);
  device().run("use_atomics", {.threads = 1}, {before.data(), after.data()});
  EXPECT_EQ(before.host(), std::vector<unsigned>(12, 12));
  // 12 is 1100 in binary, 6 is 0110, 3 is 0011, 5 is 0101. Inc goes to 0 at its limit of 12, Dec
  // to its limit of 5 from above; CAS replaces 12 but not what is not 11.
  EXPECT_EQ(after.host(), (std::vector<unsigned>{17, 7, 5, 12, 4, 15, 9, 5, 0, 5, 5, 12}));
}

TEST_P(Words, atomics_of_all_threads_add_up) {
  device().set_host_threads(4);
  Array<float> sum(device(), std::vector<float>{0});
  Array<int> most(device(), std::vector<int>{-1});
  Array<unsigned long long> wide(device(), std::vector<unsigned long long>{0});
  device().run("count_with_atomics", {.blocks = 60, .threads = 100},
               {sum.data(), most.data(), wide.data()});
  EXPECT_EQ(sum.host()[0], 6000);
  EXPECT_EQ(most.host()[0], 5999);
  EXPECT_EQ(wide.host()[0], 6000ULL << 33);
}

TEST_P(Words, indices_and_sizes) {
  const Size size{.blocks = 3, .threads = 5, .blocks_y = 2, .threads_y = 9};
  Array<unsigned> y(device(), size_t{6} * 45 * 8);
  device().run("tell_indices", size, {y.data()});
  const auto got = y.host();
  for (unsigned block = 0; block < 6; ++block) {
    for (unsigned thread = 0; thread < 45; ++thread) {
      const auto at = got.begin() + (block * 45 + thread) * 8;
      EXPECT_EQ(std::vector<unsigned>(at, at + 8),
                (std::vector<unsigned>{block % 3, block / 3, thread % 5, thread / 5, 3, 2, 5, 9}));
    }
  }
}

TEST_P(Words, floats) {
  Array<float> y(device(), 18);
  device().run("compute_floats", {.threads = 1}, {y.data()});
  // (1 + 2^-12)^2 - 1 is 2^-11 + 2^-24: fused it is exact; else the square is rounded to 24 bits,
  // half way between 1 + 2^-11 and the next, and so to the even one. A NaN gives way to a number.
  EXPECT_EQ(y.host(),
            (std::vector<float>{0.5F, 0, 1, 0.25F, 0.25F, 1, 0, 3, 1024, 100, 0x1p-11F + 0x1p-24F,
                                0x1p-11F, 0.125F, 3, 1, 2, 2.5F, 0.25F}));
}

TEST_P(Words, integers) {
  Array<long long> y(device(), 19);
  device().run("compute_integers", {.threads = 1}, {y.data()});
  // -2 is sign 1, exponent 128, fraction 0; halves are rounded to even; 0x80000000 * 6 is 3 * 2^32.
  EXPECT_EQ(y.host(), (std::vector<long long>{8, 40, 32, 31, 0, 63, 0, 4, 41, 0x80000001,
                                              0x60000000, 3, -1, 0xC0000000, 2, 4, -3, 0, 32}));
}

TEST_P(Words, launches_that_a_device_would_refuse_throw) {
  Array<int> y(device(), 1);
  const auto refused = [&](const Size& size) -> std::string {
    try {
      device().run("vote_of_block", size, {y.data()});
    } catch (const Error& error) {
      const std::string text = error.what();
      return text.substr(text.rfind(": ") + 2);
    }
    return "accepted";
  };
  const std::string configuration =
      "invalid configuration argument (cudaErrorInvalidConfiguration)";
  EXPECT_EQ(refused({.threads = 1025}), configuration);
  EXPECT_EQ(refused({.threads = 0}), configuration);
  EXPECT_EQ(refused({.blocks = 0}), configuration);
  EXPECT_EQ(refused({.blocks_y = 65536}), configuration);
  EXPECT_EQ(refused({.shared_bytes = 227 * 1024 + 1}), "invalid argument (cudaErrorInvalidValue)");
}

}  // namespace
}  // namespace tailor::test
