// The numbers of arguments: how they are chosen, and stored in each dtype.
#pragma once

#include <cstddef>
#include <vector>

#include "verify/case.h"

namespace tailor::verify {

/// Whole numbers from -3 to 3: sums of their products are exact in f32, in any order.
Fill integers();
/// Evenly distributed in [low, high).
Fill reals(double low = -1, double high = 1);
/// Whole numbers from 0 to count - 1.
Fill labels(int64_t count);
/// 0, 1/8, 2/8, ... shuffled: no two alike, none nearer than 1/8.
Fill distinct();
/// These numbers, again and again.
Fill given(std::vector<double> values);

/// The largest relative error of one rounding to nearest: 2^-p where the significand has p bits, as
/// from 1 to the next number it is 2^(1-p). 2^-24 for f32, 2^-53 for f64, 2^-8 for bf16.
double unit_roundoff(DType dtype);
bool is_real(DType dtype);

/// Rounds to the dtype.
std::vector<std::byte> encode(std::span<const double> values, DType dtype);
std::vector<double> decode(std::span<const std::byte> bytes, DType dtype);
/// What is left of numbers that were stored.
std::vector<double> rounded(std::span<const double> values, DType dtype);

}  // namespace tailor::verify
