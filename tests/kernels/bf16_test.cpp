#include "kernels/api/bf16.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tailor {
namespace {

TEST(Bf16, every_number_survives) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const bf16 number{static_cast<uint16_t>(bits)};
    const float value = to_float(number);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(to_float(to_bf16(value)))) << bits;
    } else {
      EXPECT_EQ(to_bf16(value).bits, bits);
    }
  }
}

// Between neighbours lie 2^16 floats: the nearer neighbour wins, the even one when halfway.
TEST(Bf16, rounds_to_nearest_even) {
  EXPECT_EQ(to_bf16(1.0F + 0x1p-8F).bits, 0x3F80);             // halfway, down to even
  EXPECT_EQ(to_bf16(1.0F + 0x1p-8F + 0x1p-23F).bits, 0x3F81);  // just above
  EXPECT_EQ(to_bf16(1.0F + 0x3p-8F).bits, 0x3F82);             // halfway, up to even
  EXPECT_EQ(to_bf16(1.0F + 0x3p-8F - 0x1p-23F).bits, 0x3F81);  // just below
  EXPECT_EQ(to_bf16(-1.0F - 0x3p-8F).bits, 0xBF82);
}

TEST(Bf16, extremes) {
  EXPECT_EQ(to_float(to_bf16(std::numeric_limits<float>::max())),
            std::numeric_limits<float>::infinity());
  EXPECT_EQ(to_bf16(-0.0F).bits, 0x8000);
  EXPECT_EQ(to_float(to_bf16(std::numeric_limits<float>::denorm_min())), 0.0F);
  EXPECT_EQ(to_bf16(-std::numeric_limits<float>::infinity()).bits, 0xFF80);
}

// A NaN whose payload lies in the lower half must not become an infinity.
TEST(Bf16, nan_stays) {
  EXPECT_TRUE(std::isnan(to_float(to_bf16(std::bit_cast<float>(0x7F800001U)))));
  EXPECT_TRUE(std::isnan(to_float(to_bf16(std::bit_cast<float>(0xFFFFFFFFU)))));
}

}  // namespace
}  // namespace tailor
