// Sums and maxima over a warp or a block, always in the same order.
#pragma once

#include <cmath>

#include "kernels/cuda/dialect.h"

namespace tailor::cuda {

/// Every lane gets the sum of all 32, added in a fixed tree.
__device__ __forceinline__ float warp_sum(float value) {
  for (int step = kWarp / 2; step > 0; step /= 2) value += __shfl_xor_sync(kAllLanes, value, step);
  return value;
}

/// Every lane gets the largest of all 32; NaN counts as largest.
__device__ __forceinline__ float warp_max(float value) {
  for (int step = kWarp / 2; step > 0; step /= 2) {
    const float other = __shfl_xor_sync(kAllLanes, value, step);
    if (other > value || other != other) value = other;
  }
  return value;
}

/// Every thread gets what `of_warp`, which combines the numbers of a warp, makes of all those of
/// the block, whose size is kThreads, a multiple of 32; `neutral` changes nothing. All threads take
/// part. Calls may follow each other.
template <int kThreads, class OfWarp>
__device__ float block_reduce(float value, float neutral, const OfWarp& of_warp) {
  constexpr int kWarps = kThreads / kWarp;
  static_assert(kThreads % kWarp == 0 && kWarps <= kWarp);
  __shared__ float parts[kWarps];
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  value = of_warp(value);
  __syncthreads();  // the parts of an earlier call have been read
  if (lane == 0) parts[threadIdx.x / kWarp] = value;
  __syncthreads();
  return of_warp(lane < kWarps ? parts[lane] : neutral);
}

/// Every thread gets the sum over the block.
template <int kThreads>
__device__ float block_sum(float value) {
  return block_reduce<kThreads>(value, 0.0F, [](float x) { return warp_sum(x); });
}

/// Every thread gets the largest of the block; NaN counts as largest.
template <int kThreads>
__device__ float block_max(float value) {
  return block_reduce<kThreads>(value, -INFINITY, [](float x) { return warp_max(x); });
}

}  // namespace tailor::cuda
