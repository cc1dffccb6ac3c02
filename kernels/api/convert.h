// How a number of one element type becomes one of another.
#pragma once

#include <limits>
#include <type_traits>

#include "kernels/api/bf16.h"

namespace tailor {

/// Rounds to nearest where To is a real. Integers from reals truncate; what C++ leaves undefined is
/// defined as graphics processors do it: the nearest end beyond their ends, NaN gives 0.
template <class To, class From>
constexpr To convert(From value) {
  if constexpr (std::is_same_v<From, bf16>) {
    return convert<To>(to_float(value));
  } else if constexpr (std::is_same_v<To, bf16>) {
    return to_bf16(static_cast<float>(value));
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    if (value != value) return 0;
    if (value <= static_cast<From>(std::numeric_limits<To>::min())) {
      return std::numeric_limits<To>::min();
    }
    if (value >= static_cast<From>(std::numeric_limits<To>::max())) {
      return std::numeric_limits<To>::max();
    }
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace tailor
