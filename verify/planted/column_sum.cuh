// The frame of most planted bugs of threads that work together: db [channels] = the sums of the
// columns of dy [rows, channels], one block a column. Every thread adds up its own rows; how these
// sums then come together is what each kernel gets wrong.
#pragma once

#include "kernels/cuda/launch.h"

namespace tailor::cuda {

constexpr int kThreads = 64;  // two warps

/// What this thread has of the sum of column blockIdx.x.
__device__ __forceinline__ float sum_of_own_rows(const float* dy, int64_t rows, int64_t channels) {
  float sum = 0;
  for (int64_t row = threadIdx.x; row < rows; row += blockDim.x) {
    sum += dy[row * channels + blockIdx.x];
  }
  return sum;
}

/// Thread 0 gets the sum of slots [kThreads], each of which its thread has written.
__device__ __forceinline__ float add_slots(float* slots) {
  for (unsigned half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) slots[threadIdx.x] += slots[threadIdx.x + half];
  }
  return slots[0];
}

using ColumnSum = void (*)(const float* dy, float* db, int64_t rows, int64_t channels);

/// Launches such a kernel, for a row of the operation sum_to_channels.
template <ColumnSum kernel>
void column_sum(Backend& backend, View dy, View db) {
  const int64_t channels = db.count();
  launch(backend, {static_cast<unsigned>(channels), kThreads}, kernel)(
      dy.as<float>(), db.as<float>(), dy.count() / channels, channels);
}

}  // namespace tailor::cuda
