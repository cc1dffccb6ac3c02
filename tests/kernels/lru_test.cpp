// The cache of compiled primitives and plans.
#include "kernels/api/lru.h"

#include <gtest/gtest.h>

#include <string>

namespace tailor {
namespace {

TEST(Lru, KeepsTheValuesUsedLast) {
  Lru<int, std::string> cache(2);
  cache.insert(1, "one");
  cache.insert(2, "two");
  ASSERT_NE(cache.find(1), nullptr);
  EXPECT_EQ(cache.insert(3, "three"), "three");
  EXPECT_EQ(cache.find(2), nullptr);
  ASSERT_NE(cache.find(1), nullptr);
  EXPECT_EQ(*cache.find(1), "one");
  ASSERT_NE(cache.find(3), nullptr);
  EXPECT_EQ(*cache.find(3), "three");
}

}  // namespace
}  // namespace tailor
