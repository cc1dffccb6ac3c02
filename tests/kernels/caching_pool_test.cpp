#include "kernels/api/caching_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "tests/support/errors.h"

namespace tailor {
namespace {

/// Hands out addresses that nobody touches, up to a capacity.
class CachingPoolTest : public testing::Test {
 protected:
  CachingPool::Options options(size_t most_cached) {
    return {.take = [this](size_t bytes) -> void* {
              if (taken_ + bytes > kCapacity) return nullptr;
              taken_ += bytes;
              sizes_.push_back(bytes);
              return &addresses_.at(sizes_.size() - 1);
            },
            .give_back =
                [this](void* data) {
                  taken_ -=
                      sizes_.at(static_cast<size_t>(static_cast<char*>(data) - &addresses_[0]));
                },
            .round_to = 512,
            .most_cached = most_cached};
  }

  static constexpr size_t kCapacity = 4096;
  size_t taken_ = 0;
  std::vector<size_t> sizes_;
  std::array<char, 64> addresses_{};
};

TEST_F(CachingPoolTest, pieces_are_rounded_and_used_again) {
  CachingPool pool(options(kCapacity));
  void* const first = pool.allocate(600);
  EXPECT_EQ(taken_, 1024U);
  pool.release(first, 600);
  EXPECT_EQ(taken_, 1024U);
  EXPECT_EQ(pool.counters().cached, 1024U);
  EXPECT_EQ(pool.allocate(1000), first);  // of the same rounded size
  EXPECT_EQ(pool.counters().cached, 0U);
  EXPECT_EQ(pool.counters().live, 1000U);
}

TEST_F(CachingPoolTest, goes_back_to_the_system_beyond_the_most_that_is_cached) {
  CachingPool pool(options(1024));
  void* const a = pool.allocate(1024);
  void* const b = pool.allocate(512);
  pool.release(a, 1024);
  pool.release(b, 512);
  EXPECT_EQ(taken_, 1024U);
  EXPECT_EQ(pool.counters().cached, 1024U);
}

TEST_F(CachingPoolTest, drops_what_is_cached_before_it_gives_up) {
  CachingPool pool(options(kCapacity));
  pool.release(pool.allocate(3072), 3072);
  void* const large = pool.allocate(4096);
  EXPECT_NE(large, nullptr);
  EXPECT_EQ(test::error_of([&] { pool.allocate(1); }),
            "memory: expected 512 bytes, got none while 4096 bytes are in use (try a smaller "
            "--batch)");
}

TEST_F(CachingPoolTest, gives_everything_back_at_the_end) {
  {
    CachingPool pool(options(kCapacity));
    pool.release(pool.allocate(2048), 2048);
  }
  EXPECT_EQ(taken_, 0U);
}

}  // namespace
}  // namespace tailor
