#include "kernels/api/philox.h"

#include <gtest/gtest.h>

#include "tests/support/csv.h"

namespace tailor {
namespace {

uint32_t word(const std::map<std::string, std::string>& row, const std::string& name) {
  return static_cast<uint32_t>(std::stoul(row.at(name), nullptr, 16));
}

TEST(Philox, known_answers) {
  const auto rows = test::read_csv(std::string(TAILOR_TEST_DATA) + "/ops/philox.csv");
  ASSERT_GT(rows.size(), 5U);
  for (const auto& row : rows) {
    const PhiloxBlock counter{word(row, "ctr0"), word(row, "ctr1"), word(row, "ctr2"),
                              word(row, "ctr3")};
    const PhiloxBlock expected{word(row, "out0"), word(row, "out1"), word(row, "out2"),
                               word(row, "out3")};
    EXPECT_EQ(philox4x32(counter, {word(row, "key0"), word(row, "key1")}), expected)
        << row.at("ctr0") << " " << row.at("key0");
  }
}

TEST(Philox, counter_and_key_of_a_stream) {
  const RandomKey key{.seed = 0x89abcdef01234567, .stream = Stream::augment, .step = 9};
  EXPECT_EQ(key.at(0xfedcba9876543210),
            philox4x32({0x76543210, 0xfedcba98, 9, 2}, {0x01234567, 0x89abcdef}));
}

TEST(Philox, uniform_numbers_take_the_words_in_order) {
  const RandomKey key{.seed = 5};
  for (uint64_t i = 0; i < 12; ++i) {
    const uint32_t bits = key.at(i / 4)[i % 4];
    EXPECT_EQ(uniform_at(key, i), static_cast<float>(bits >> 8) / 16777216.0F);
  }
}

TEST(Philox, uniform_is_below_one) {
  EXPECT_EQ(to_uniform(0), 0.0F);
  EXPECT_EQ(to_uniform(0xff), 0.0F);
  EXPECT_LT(to_uniform(0xffffffff), 1.0F);
}

TEST(RandomStream, draws_the_blocks_of_its_item_one_after_the_other) {
  RandomStream random(3, Stream::shuffle, /*item=*/77, /*step=*/2);
  for (uint32_t block = 0; block < 3; ++block) {
    const PhiloxBlock words = RandomKey{3, Stream::shuffle, 2 + (block << 16)}.at(77);
    for (const uint32_t expected : words) EXPECT_EQ(random.next(), expected);
  }
}

// 60,000 draws from 6: each count has mean 10,000 and standard deviation 91.
TEST(RandomStream, below_is_even) {
  RandomStream random(1, Stream::shuffle);
  int counts[6] = {};
  for (int i = 0; i < 60000; ++i) ++counts[random.below(6)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 5 * 91);
}

}  // namespace
}  // namespace tailor
