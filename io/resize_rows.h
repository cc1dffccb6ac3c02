// The two inner loops of resizing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tailor::io {

/// Weights are fractions of 2^22: sums of 8-bit values stay within 32 bits.
constexpr int kWeightBits = 22;

/// A weighted sum over neighbours.
struct Window {
  int first = 0;  ///< position of the first neighbour
  int taps = 0;
  const int32_t* weights = nullptr;  ///< [taps]
};

/// One byte more than a row has: pixels are read and written by four bytes.
constexpr size_t kRowPadding = 1;

/// A row of one RGB pixel for each window, summed along the row `in`. Both rows are followed by
/// kRowPadding bytes, of which those of `out` are overwritten.
void filter_row(const uint8_t* in, std::span<const Window> windows, uint8_t* out);

/// A row of `size` bytes, summed over the rows of that size that follow each other from `first_row`
/// (the window's own `first` is not looked at).
void blend_rows(const uint8_t* first_row, size_t size, const Window& window, uint8_t* out);

}  // namespace tailor::io
