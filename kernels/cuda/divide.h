// Division of an index by a number that is only known at run time: a GPU has no instruction for it
// and takes about twenty, but a multiplication and a shift do when the divisor stays the same.
#pragma once

#include <bit>
#include <cstdint>

namespace tailor::cuda {

/// Divides 0 <= n < 2^31 by 1 <= divisor < 2^31 (Granlund and Montgomery, "Division by invariant
/// integers using multiplication", 1994, section 4). Made on the host, used by kernels.
class Divider {
 public:
  constexpr explicit Divider(int64_t divisor)
      : divisor_(static_cast<uint32_t>(divisor)),
        shift_(static_cast<uint32_t>(std::bit_width(divisor_ - 1))),
        factor_(static_cast<uint32_t>(((uint64_t{1} << shift_) - divisor_) * (uint64_t{1} << 32) /
                                      divisor_) +
                1) {}

  constexpr int quotient(int n) const {
    const auto number = static_cast<uint32_t>(n);
    const auto upper = static_cast<uint32_t>((uint64_t{number} * factor_) >> 32);
    return static_cast<int>((upper + number) >> shift_);
  }
  /// n - quotient * divisor
  constexpr int remainder(int n, int quotient) const {
    return n - quotient * static_cast<int>(divisor_);
  }

 private:
  uint32_t divisor_;
  uint32_t shift_;   ///< the divisor is at most 2^shift
  uint32_t factor_;  ///< 2^32 (2^shift / divisor - 1), rounded up
};

}  // namespace tailor::cuda
