// Several neighbouring numbers in one thread, moved by accesses of 16 bytes.
#pragma once

#include "kernels/api/view.h"
#include "kernels/cuda/numbers.h"

namespace tailor::cuda {

/// This thread's number in a one-dimensional grid, and how many threads that has: loops over flat
/// elements start at one and go on in steps of the other.
__device__ __forceinline__ int64_t grid_thread() {
  return int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
}
__device__ __forceinline__ int64_t grid_threads() { return int64_t{gridDim.x} * blockDim.x; }

/// N numbers in as few accesses as can be; `from` is aligned to them.
template <int N, class T>
__device__ __forceinline__ Vec<T, N> load_wide(const T* from) {
  constexpr int kPiece = N < kVecWidth<T> ? N : kVecWidth<T>;
  Vec<T, N> all;
  for (int i = 0; i < N; i += kPiece) {
    const Vec<T, kPiece> piece = load_vec<kPiece>(from + i);
    for (int k = 0; k < kPiece; ++k) all.v[i + k] = piece.v[k];
  }
  return all;
}

template <int N, class T>
__device__ __forceinline__ void store_wide(T* to, const Vec<T, N>& all) {
  constexpr int kPiece = N < kVecWidth<T> ? N : kVecWidth<T>;
  for (int i = 0; i < N; i += kPiece) {
    Vec<T, kPiece> piece;
    for (int k = 0; k < kPiece; ++k) piece.v[k] = all.v[i + k];
    store_vec(to + i, piece);
  }
}

/// load_wide as f32.
template <int N, class T>
__device__ __forceinline__ Vec<float, N> load_f32(const T* from) {
  const Vec<T, N> stored = load_wide<N>(from);
  Vec<float, N> all;
  for (int k = 0; k < N; ++k) all.v[k] = to_f32(stored.v[k]);
  return all;
}

/// store_wide of rounded f32.
template <int N, class T>
__device__ __forceinline__ void store_f32(T* to, const Vec<float, N>& all) {
  Vec<T, N> stored;
  for (int k = 0; k < N; ++k) stored.v[k] = from_f32<T>(all.v[k]);
  store_wide(to, stored);
}

/// Whether accesses of 16 bytes may start at the first element; a view that is not given is no
/// obstacle.
template <class... Views>
bool are_aligned(const Views&... views) {
  return ((reinterpret_cast<uintptr_t>(views.data) % 16 == 0) && ...);
}

}  // namespace tailor::cuda
