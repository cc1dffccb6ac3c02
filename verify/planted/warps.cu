// Planted bugs: shuffles and votes with lanes that do not take part.
#include "kernels/cuda/reduce.h"
#include "verify/planted/column_sum.cuh"

namespace tailor::cuda {
namespace {

/// The sums of both warps' lanes 0, by way of shared memory. Right.
__device__ void store_sum_of_warps(float warp, float* db) {
  __shared__ float sums[kThreads / kWarp];
  if (threadIdx.x % kWarp == 0) sums[threadIdx.x / kWarp] = warp;
  __syncthreads();
  if (threadIdx.x == 0) db[blockIdx.x] = sums[0] + sums[1];
}

__global__ void shuffle_in_branch(const float* dy, float* db, int64_t rows, int64_t channels) {
  float sum = sum_of_own_rows(dy, rows, channels);
  for (int step = kWarp / 2; step > 0; step /= 2) {
    if (static_cast<int>(threadIdx.x) % kWarp < step) {
      sum += __shfl_down_sync(kAllLanes, sum, step);  // BUG: the mask names lanes outside
    }
  }
  store_sum_of_warps(sum, db);
}

__global__ void shuffle_after_return(const float* dy, float* db, int64_t rows, int64_t channels) {
  if (threadIdx.x >= kWarp) return;
  float sum = 0;
  for (int64_t row = threadIdx.x; row < rows; row += kWarp) {
    sum += dy[row * channels + blockIdx.x];
  }
  if (threadIdx.x >= rows) return;  // BUG: warp_sum asks all lanes
  sum = warp_sum(sum);
  if (threadIdx.x == 0) db[blockIdx.x] = sum;
}

__global__ void shuffle_from_outside_mask(const float* dy, float* db, int64_t rows,
                                          int64_t channels) {
  float sum = sum_of_own_rows(dy, rows, channels);
  if (threadIdx.x % kWarp < 16) {
    for (int step = 16; step > 0; step /= 2) {
      sum += __shfl_down_sync(0x0000FFFF, sum, step);  // BUG: step 16 asks lanes 16 to 31
    }
  }
  store_sum_of_warps(sum, db);
}

__global__ void lane_outside_its_mask(const float* dy, float* db, int64_t rows, int64_t channels) {
  float sum = sum_of_own_rows(dy, rows, channels);
  sum += __shfl_down_sync(kAllLanes, sum, 16);
  for (int step = 8; step > 0; step /= 2) {
    sum += __shfl_down_sync(0x0000FFFF, sum, step);  // BUG: lanes 16 to 31 come too
  }
  store_sum_of_warps(sum, db);
}

__global__ void masks_differ(const float* dy, float* db, int64_t rows, int64_t channels) {
  float sum = sum_of_own_rows(dy, rows, channels);
  // BUG: lane 0 waits for all, lane 31 only for the lanes from 1 on
  const unsigned mask = threadIdx.x % kWarp == 0 ? kAllLanes : kAllLanes << 1;
  for (int step = kWarp / 2; step > 0; step /= 2) sum += __shfl_down_sync(mask, sum, step);
  store_sum_of_warps(sum, db);
}

__global__ void vote_in_branch(const float* dy, float* db, int64_t rows, int64_t channels) {
  const float own = sum_of_own_rows(dy, rows, channels);
  float sum = 0;
  if (threadIdx.x < rows) {
    if (__any_sync(kAllLanes, own != 0)) sum = own;  // BUG: lanes without a row do not vote
  }
  store_sum_of_warps(warp_sum(sum), db);
}

__global__ void syncwarp_in_branch(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  __syncthreads();
  if (threadIdx.x < kWarp) sums[threadIdx.x] += sums[threadIdx.x + kWarp];
  for (unsigned half = kWarp / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) {
      __syncwarp();  // BUG: waits for all lanes of the warp, of which only some are here
      sums[threadIdx.x] += sums[threadIdx.x + half];
    }
  }
  if (threadIdx.x == 0) db[blockIdx.x] = sums[0];
}

TAILOR_KERNEL(table(), sum_to_channels, f32, "shuffle_in_branch", column_sum<shuffle_in_branch>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "shuffle_after_return",
              column_sum<shuffle_after_return>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "shuffle_from_outside_mask",
              column_sum<shuffle_from_outside_mask>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "lane_outside_its_mask",
              column_sum<lane_outside_its_mask>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "masks_differ", column_sum<masks_differ>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "vote_in_branch", column_sum<vote_in_branch>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "syncwarp_in_branch", column_sum<syncwarp_in_branch>);

}  // namespace
}  // namespace tailor::cuda
