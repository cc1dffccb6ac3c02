// Sums over the rows of [rows, channels]: exact enough for statistics, the same for any number of
// threads.
#pragma once

#include "kernels/cpu/loops.h"

namespace tailor::cpu {

/// So many rows are summed in f32, from there on it goes in f64.
constexpr int64_t kRowsInFloat = 32;

/// TAILOR_VECTORIZED: sums += values, and sets values to 0.
void move_into(float* values, double* sums, int64_t count);

/// `sums_per_channel` sums of each channel. add_rows(begin, end, sums) adds its at most
/// kRowsInFloat rows to float sums[sums_per_channel * channels]; it may not throw. The result, in
/// the same order, lies in the backend's scratch memory.
template <class AddRows>
const double* sum_rows(Backend& backend, int64_t rows, int64_t channels, int sums_per_channel,
                       const AddRows& add_rows) {
  // Large parts, so that the sums take little memory beside what is summed.
  const int64_t part = std::max<int64_t>(128, rows_of(4 * kPart, channels));
  const int64_t parts = (rows + part - 1) / part;
  const int64_t width = sums_per_channel * channels;
  auto* sums = reinterpret_cast<double*>(as_cpu(backend).scratch(
      static_cast<size_t>(parts * width) * (sizeof(double) + sizeof(float))));
  auto* values = reinterpret_cast<float*>(sums + parts * width);
  for_parts(backend, rows, part, [&](int64_t begin, int64_t end) {
    double* part_sums = sums + begin / part * width;
    float* part_values = values + begin / part * width;
    std::fill_n(part_sums, width, 0.0);
    std::fill_n(part_values, width, 0.0F);
    for (int64_t row = begin; row < end; row += kRowsInFloat) {
      add_rows(row, std::min(row + kRowsInFloat, end), part_values);
      move_into(part_values, part_sums, width);
    }
  });
  for (int64_t i = 1; i < parts; ++i) {
    for (int64_t k = 0; k < width; ++k) sums[k] += sums[i * width + k];
  }
  return sums;
}

}  // namespace tailor::cpu
