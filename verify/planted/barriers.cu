// Planted bugs: barriers that not all threads of the block come to.
#include "verify/planted/column_sum.cuh"

namespace tailor::cuda {
namespace {

__global__ void barrier_in_branch(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  if (threadIdx.x < rows) __syncthreads();  // BUG: threads without a row go past it
  const float sum = add_slots(sums);
  if (threadIdx.x == 0) db[blockIdx.x] = sum;
}

__global__ void return_before_barrier(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = 0;
  __syncthreads();
  if (threadIdx.x >= rows) return;  // BUG: the tree's barriers wait for all
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  const float sum = add_slots(sums);
  if (threadIdx.x == 0) db[blockIdx.x] = sum;
}

__global__ void barrier_in_uneven_loop(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = 0;
  for (int64_t row = threadIdx.x; row < rows; row += kThreads) {
    sums[threadIdx.x] += dy[row * channels + blockIdx.x];
    __syncthreads();  // BUG: some threads have a row less
  }
  const float sum = add_slots(sums);
  if (threadIdx.x == 0) db[blockIdx.x] = sum;
}

__global__ void barrier_in_each_branch(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  const float own = sum_of_own_rows(dy, rows, channels);
  if (threadIdx.x < 40) {  // BUG: the threads of one warp wait at two barriers
    sums[threadIdx.x] = own;
    __syncthreads();
  } else {
    sums[threadIdx.x] = own;
    __syncthreads();
  }
  const float sum = add_slots(sums);
  if (threadIdx.x == 0) db[blockIdx.x] = sum;
}

__global__ void barrier_for_one_warp(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  __syncthreads();
  if (threadIdx.x >= 32) return;
  sums[threadIdx.x] += sums[threadIdx.x + 32];
  for (unsigned half = 16; half > 0; half /= 2) {
    __syncthreads();  // BUG: __syncwarp() is what one warp can wait at
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  if (threadIdx.x == 0) db[blockIdx.x] = sums[0];
}

TAILOR_KERNEL(table(), sum_to_channels, f32, "barrier_in_branch", column_sum<barrier_in_branch>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "return_before_barrier",
              column_sum<return_before_barrier>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "barrier_in_uneven_loop",
              column_sum<barrier_in_uneven_loop>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "barrier_in_each_branch",
              column_sum<barrier_in_each_branch>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "barrier_for_one_warp",
              column_sum<barrier_for_one_warp>);

}  // namespace
}  // namespace tailor::cuda
