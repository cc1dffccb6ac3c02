// bfloat16 storage: the upper half of an f32. Arithmetic is done in f32. constexpr makes these
// functions the device's too.
#pragma once

#include <bit>
#include <cstdint>

namespace tailor {

struct bf16 {
  uint16_t bits;
};

/// Rounds to nearest, ties to even; a NaN stays a (quiet) NaN.
constexpr bf16 to_bf16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if (value != value) return {static_cast<uint16_t>((bits >> 16) | 0x40)};
  return {static_cast<uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16)};
}

/// Exact.
constexpr float to_float(bf16 value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16);
}

}  // namespace tailor
