// The largest of each row: argmax and top-k. Ties go to the lowest index; NaN counts as largest.
#include "kernels/cuda/numbers.h"
#include "kernels/cuda/rows.h"

namespace tailor::cuda {
namespace {

/// A number of a row and where it lies.
struct Candidate {
  float value = 0;
  int64_t index = -1;  ///< -1: none
};

/// Whether a comes before b when the largest is first. No two candidates of a row are equal, so
/// that the order of comparisons cannot change who wins.
__device__ bool before(const Candidate& a, const Candidate& b) {
  if (a.index < 0 || b.index < 0) return a.index >= 0;
  const bool a_is_nan = a.value != a.value, b_is_nan = b.value != b.value;
  if (a_is_nan != b_is_nan) return a_is_nan;
  if (a_is_nan || a.value == b.value) return a.index < b.index;
  return a.value > b.value;
}

template <class T>
__device__ Candidate candidate(const T* x, int64_t k) {
  return {to_f32(x[k]), k};
}

/// Every lane gets the first of all lanes' candidates.
__device__ Candidate first_of_warp(Candidate best) {
  for (int step = kWarp / 2; step > 0; step /= 2) {
    const Candidate other{__shfl_xor_sync(kAllLanes, best.value, step),
                          __shfl_xor_sync(kAllLanes, best.index, step)};
    if (before(other, best)) best = other;
  }
  return best;
}

/// Every lane gets the first of the row behind `last`, or of the whole row when that is none.
template <class T>
__device__ Candidate first_behind(const Candidate& last, const T* x, int64_t columns) {
  Candidate best;
  for (int64_t k = WarpPerRow::rank(); k < columns; k += kWarp) {
    const Candidate next = candidate(x, k);
    if ((last.index < 0 || before(last, next)) && before(next, best)) best = next;
  }
  return first_of_warp(best);
}

/// A thread to each row.
template <class T>
__global__ void argmax_thread(const T* x, int64_t* indices, int64_t rows, int64_t columns) {
  for (int64_t row = first_row<ThreadPerRow>(); row < rows; row += row_step<ThreadPerRow>()) {
    Candidate best;
    for (int64_t k = 0; k < columns; ++k) {
      const Candidate next = candidate(x + row * columns, k);
      if (before(next, best)) best = next;
    }
    indices[row] = best.index;
  }
}

/// A warp to each row: its lanes read side by side, 4 sectors a request, not 32 (rows.h).
template <class T>
__global__ void argmax_warp(const T* x, int64_t* indices, int64_t rows, int64_t columns) {
  for (int64_t row = first_row<WarpPerRow>(); row < rows; row += row_step<WarpPerRow>()) {
    const Candidate best = first_behind(Candidate(), x + row * columns, columns);
    if (WarpPerRow::rank() == 0) indices[row] = best.index;
  }
}

/// A thread to each row. The best so far lie sorted in the result; a newcomer moves up to its place
/// among them.
template <class T>
__global__ void topk_thread(const T* x, T* values, int64_t* indices, int64_t rows, int64_t columns,
                            int64_t count) {
  for (int64_t row = first_row<ThreadPerRow>(); row < rows; row += row_step<ThreadPerRow>()) {
    const T* from = x + row * columns;
    int64_t* best = indices + row * count;
    for (int64_t k = 0; k < columns; ++k) {
      const Candidate next = candidate(from, k);
      int64_t place = k < count ? k : count;
      while (place > 0 && before(next, candidate(from, best[place - 1]))) {
        if (place < count) best[place] = best[place - 1];
        --place;
      }
      if (place < count) best[place] = k;
    }
    for (int64_t i = 0; i < count; ++i) values[row * count + i] = from[best[i]];
  }
}

/// A warp to each row, which it searches once for each of its largest: the next is the first of
/// those behind the last. Nothing is sorted or remembered, so k may be anything, but should be few.
template <class T>
__global__ void topk_warp(const T* x, T* values, int64_t* indices, int64_t rows, int64_t columns,
                          int64_t count) {
  for (int64_t row = first_row<WarpPerRow>(); row < rows; row += row_step<WarpPerRow>()) {
    const T* from = x + row * columns;
    Candidate last;
    for (int64_t i = 0; i < count; ++i) {
      last = first_behind(last, from, columns);
      if (WarpPerRow::rank() == 0) {
        values[row * count + i] = from[last.index];
        indices[row * count + i] = last.index;
      }
    }
  }
}

template <class T>
void argmax_naive(Backend& backend, View x, View indices) {
  const int64_t columns = x.shape.back(), rows = x.count() / columns;
  launch(backend, grid_of_rows<ThreadPerRow>(rows), argmax_thread<T>)(
      x.as<T>(), indices.as<int64_t>(), rows, columns);
}

template <class T>
void argmax_by_warps(Backend& backend, View x, View indices) {
  const int64_t columns = x.shape.back(), rows = x.count() / columns;
  launch(backend, grid_of_rows<WarpPerRow>(rows), argmax_warp<T>)(x.as<T>(), indices.as<int64_t>(),
                                                                  rows, columns);
}

template <class T>
void topk_naive(Backend& backend, View x, View values, View indices) {
  const int64_t columns = x.shape.back(), rows = x.count() / columns;
  launch(backend, grid_of_rows<ThreadPerRow>(rows), topk_thread<T>)(
      x.as<T>(), values.as<T>(), indices.as<int64_t>(), rows, columns, values.shape.back());
}

template <class T>
void topk_by_warps(Backend& backend, View x, View values, View indices) {
  const int64_t columns = x.shape.back(), rows = x.count() / columns;
  launch(backend, grid_of_rows<WarpPerRow>(rows), topk_warp<T>)(
      x.as<T>(), values.as<T>(), indices.as<int64_t>(), rows, columns, values.shape.back());
}

TAILOR_KERNEL(table(), argmax, f32, "naive", argmax_naive<float>);
TAILOR_KERNEL(table(), argmax, f32, "warp", argmax_by_warps<float>);
TAILOR_KERNEL(table(), argmax, bf16, "naive", argmax_naive<bf16>);
TAILOR_KERNEL(table(), argmax, bf16, "warp", argmax_by_warps<bf16>);
TAILOR_KERNEL(table(), topk, f32, "naive", topk_naive<float>);
TAILOR_KERNEL(table(), topk, f32, "warp", topk_by_warps<float>);
TAILOR_KERNEL(table(), topk, bf16, "naive", topk_naive<bf16>);
TAILOR_KERNEL(table(), topk, bf16, "warp", topk_by_warps<bf16>);

}  // namespace
}  // namespace tailor::cuda
