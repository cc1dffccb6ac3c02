// A row in the registers of a warp: read once, worked on there, written once.
#pragma once

#include <type_traits>

#include "kernels/cuda/rows.h"
#include "kernels/cuda/wide.h"

namespace tailor::cuda {

/// Up to so many columns a row is kept: 32 numbers a lane, so that a lane that keeps two rows still
/// leaves room for 16 warps on a multiprocessor.
constexpr int64_t kMostColumnsInRegisters = 1024;

/// The lanes of a warp lie side by side and take 16 bytes each, 512 bytes together, as often as it
/// takes: vector i of a lane begins at column (32 i + lane) * kN. Registers have no indices: loops
/// over them are unrolled, and how many there are is a template parameter.
template <class T, int kVectors>
class RegisterRow {
 public:
  static constexpr int kN = kVecWidth<T>;

  /// Beyond the columns every number is `beyond`.
  __device__ RegisterRow(const T* from, int64_t columns, float beyond) {
#pragma unroll  // all loads are under way before the first number is needed
    for (int i = 0; i < kVectors; ++i) {
      if (first_column(i) < columns) {
        vectors_[i] = load_f32<kN>(from + first_column(i));
      } else {
        for (int k = 0; k < kN; ++k) vectors_[i].v[k] = beyond;
      }
    }
  }

  __device__ void store(T* to, int64_t columns) const {
#pragma unroll
    for (int i = 0; i < kVectors; ++i) {
      if (first_column(i) < columns) store_f32(to + first_column(i), vectors_[i]);
    }
  }

  /// Every number becomes f of itself and of those at its place in `more` rows.
  template <class F, class... More>
  __device__ void change(const F& f, const More&... more) {
#pragma unroll
    for (int i = 0; i < kVectors; ++i) {
      for (int k = 0; k < kN; ++k) vectors_[i].v[k] = f(at(i, k), more.at(i, k)...);
    }
  }

  /// Every lane gets the sum of f of each number and of those at its place in `more` rows.
  template <class F, class... More>
  __device__ float sum(const F& f, const More&... more) const {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < kVectors; ++i) {
      for (int k = 0; k < kN; ++k) sum += f(at(i, k), more.at(i, k)...);
    }
    return warp_sum(sum);
  }

  /// Every lane gets the largest number; NaN counts as largest.
  __device__ float max() const {
    float largest = -INFINITY;
#pragma unroll
    for (int i = 0; i < kVectors; ++i) {
      for (int k = 0; k < kN; ++k) {
        const float value = at(i, k);
        if (value > largest || value != value) largest = value;
      }
    }
    return warp_max(largest);
  }

  __device__ float at(int i, int k) const { return vectors_[i].v[k]; }

 private:
  __device__ static int64_t first_column(int i) {
    return int64_t{i * kWarp + WarpPerRow::rank()} * kN;
  }

  Vec<float, kN> vectors_[kVectors];
};

/// Calls f with the number of vectors a lane that holds so many columns, as a constant: 1, 2, 4 or,
/// in f32, 8.
template <class T, int kVectors = 1, class F>
void with_vectors_for(int64_t columns, const F& f) {
  constexpr int64_t kHeld = int64_t{kVectors} * kWarp * kVecWidth<T>;
  if constexpr (kHeld < kMostColumnsInRegisters) {
    if (columns > kHeld) return with_vectors_for<T, 2 * kVectors>(columns, f);
  }
  f(std::integral_constant<int, kVectors>());
}

/// Whether rows of these views, all of one shape, can be kept so.
template <class T, class... Views>
bool fit_registers(const View& first, const Views&... more) {
  const int64_t columns = first.shape.back();
  return columns <= kMostColumnsInRegisters && columns % kVecWidth<T> == 0 &&
         are_aligned(first, more...);
}

}  // namespace tailor::cuda
