// Planted bugs: threads that touch the same memory with nothing to say who comes first.
#include "kernels/cuda/reduce.h"
#include "verify/planted/column_sum.cuh"

namespace tailor::cuda {
namespace {

// --- within a block ---

__global__ void missing_barrier(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  if (threadIdx.x != 0) return;
  float sum = 0;  // BUG: no barrier before other threads' sums are read
  for (int t = 0; t < kThreads; ++t) sum += sums[t];
  db[blockIdx.x] = sum;
}

__device__ float sum_of_block(float* slots, float value) {
  slots[threadIdx.x] = value;  // BUG: slots[0] of the call before may not have been read yet
  add_slots(slots);
  __syncthreads();
  return slots[0];
}

__global__ void missing_barrier_before_reuse(const float* dy, float* db, int64_t rows,
                                             int64_t channels) {
  __shared__ float slots[kThreads];
  const float own = sum_of_own_rows(dy, rows, channels);
  const float gains = sum_of_block(slots, own > 0 ? own : 0);
  const float losses = sum_of_block(slots, own > 0 ? 0 : own);
  if (threadIdx.x == 0) db[blockIdx.x] = gains + losses;
}

__global__ void warps_add_without_atomic(const float* dy, float* db, int64_t rows,
                                         int64_t channels) {
  __shared__ float total;
  if (threadIdx.x == 0) total = 0;
  __syncthreads();
  const float sum = warp_sum(sum_of_own_rows(dy, rows, channels));
  if (threadIdx.x % kWarp == 0) total += sum;  // BUG: both warps read, add and write
  __syncthreads();
  if (threadIdx.x == 0) db[blockIdx.x] = total;
}

/// One block a row of x.
__global__ void ties_write_alike(const float* x, int64_t* indices, int64_t columns) {
  __shared__ int64_t best;
  const float* row = x + blockIdx.x * columns;
  float largest = row[0];
  for (int64_t c = 1; c < columns; ++c) largest = fmaxf(largest, row[c]);
  for (int64_t c = threadIdx.x; c < columns; c += kThreads) {
    if (row[c] == largest) best = c;  // BUG: where two are largest, both write
  }
  __syncthreads();
  if (threadIdx.x == 0) indices[blockIdx.x] = best;
}

void launch_ties_write_alike(Backend& backend, View x, View indices) {
  launch(backend, {static_cast<unsigned>(indices.count()), kThreads}, ties_write_alike)(
      x.as<float>(), indices.as<int64_t>(), x.shape.back());
}

__global__ void last_thread_without_barrier(const float* dy, float* db, int64_t rows,
                                            int64_t channels) {
  __shared__ float sums[kThreads];
  __shared__ unsigned finished;
  if (threadIdx.x == 0) finished = 0;
  __syncthreads();
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  if (atomicAdd(&finished, 1U) != kThreads - 1) return;  // BUG: an atomic orders only itself
  float sum = 0;
  for (int t = 0; t < kThreads; ++t) sum += sums[t];
  db[blockIdx.x] = sum;
}

__global__ void workspace_without_barrier(const float* dy, float* db, int64_t rows,
                                          int64_t channels, float* workspace) {
  float* slots = workspace + blockIdx.x * kThreads;
  slots[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  if (threadIdx.x != 0) return;
  float sum = 0;  // BUG: global memory needs the barrier as well
  for (int t = 0; t < kThreads; ++t) sum += slots[t];
  db[blockIdx.x] = sum;
}

void launch_workspace_without_barrier(Backend& backend, View dy, View db) {
  const int64_t channels = db.count();
  const Buffer workspace(backend.memory(),
                         sizeof(float) * kThreads * static_cast<size_t>(channels));
  launch(backend, {static_cast<unsigned>(channels), kThreads}, workspace_without_barrier)(
      dy.as<float>(), db.as<float>(), dy.count() / channels, channels,
      static_cast<float*>(workspace.data()));
}

// --- within a warp ---

__global__ void missing_syncwarp(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  __syncthreads();
  if (threadIdx.x >= kWarp) return;
  for (int half = kWarp; half > 0; half /= 2) {
    sums[threadIdx.x] += sums[threadIdx.x + half];  // BUG: lanes do not wait for each other
  }
  if (threadIdx.x == 0) db[blockIdx.x] = sums[0];
}

__global__ void syncwarp_for_the_block(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  __syncwarp();  // BUG: the other warp is not waited for
  if (threadIdx.x != 0) return;
  float sum = 0;
  for (int t = 0; t < kThreads; ++t) sum += sums[t];
  db[blockIdx.x] = sum;
}

__global__ void shuffle_for_syncwarp(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  const float own = sum_of_own_rows(dy, rows, channels);
  sums[threadIdx.x] = own;
  __syncthreads();
  if (threadIdx.x >= kWarp) return;
  sums[threadIdx.x] = own + sums[threadIdx.x + kWarp];
  const float first = __shfl_sync(kAllLanes, own, 0);  // BUG: a shuffle orders no memory
  if (threadIdx.x != 0) return;
  float sum = first - own;
  for (int lane = 0; lane < kWarp; ++lane) sum += sums[lane];
  db[blockIdx.x] = sum;
}

// --- between blocks ---

constexpr unsigned kParts = 4;  // blocks a column

/// The part of this thread: blockIdx.y takes every kParts-th piece of kThreads rows.
__device__ float sum_of_own_part(const float* dy, int64_t rows, int64_t channels) {
  float sum = 0;
  for (int64_t row = blockIdx.y * kThreads + threadIdx.x; row < rows; row += kParts * kThreads) {
    sum += dy[row * channels + blockIdx.x];
  }
  return sum;
}

__global__ void blocks_add_without_atomic(const float* dy, float* db, int64_t rows,
                                          int64_t channels) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = sum_of_own_part(dy, rows, channels);
  const float sum = add_slots(sums);
  if (threadIdx.x == 0) db[blockIdx.x] += sum;  // BUG: other blocks add to it as well
}

void launch_blocks_add_without_atomic(Backend& backend, View dy, View db) {
  const int64_t channels = db.count();
  backend.memory()->zero(db.data, db.bytes());
  launch(backend, {dim3(static_cast<unsigned>(channels), kParts), kThreads},
         blocks_add_without_atomic)(dy.as<float>(), db.as<float>(), dy.count() / channels,
                                    channels);
}

__global__ void missing_fence(const float* dy, float* db, int64_t rows, int64_t channels,
                              float* parts, unsigned* finished) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = sum_of_own_part(dy, rows, channels);
  const float sum = add_slots(sums);
  if (threadIdx.x != 0) return;
  parts[blockIdx.x * kParts + blockIdx.y] = sum;
  // BUG: without __threadfence() the block that counts last may not see the others' parts
  if (atomicAdd(finished + blockIdx.x, 1U) != kParts - 1) return;
  float total = 0;
  for (unsigned part = 0; part < kParts; ++part) total += parts[blockIdx.x * kParts + part];
  db[blockIdx.x] = total;
}

void launch_missing_fence(Backend& backend, View dy, View db) {
  const auto channels = static_cast<size_t>(db.count());
  const Buffer parts(backend.memory(), channels * kParts * sizeof(float));
  const Buffer finished(backend.memory(), channels * sizeof(unsigned));
  backend.memory()->zero(finished.data(), finished.bytes());
  launch(backend, {dim3(static_cast<unsigned>(channels), kParts), kThreads}, missing_fence)(
      dy.as<float>(), db.as<float>(), dy.count() / db.count(), db.count(),
      static_cast<float*>(parts.data()), static_cast<unsigned*>(finished.data()));
}

TAILOR_KERNEL(table(), sum_to_channels, f32, "missing_barrier", column_sum<missing_barrier>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "missing_barrier_before_reuse",
              column_sum<missing_barrier_before_reuse>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "warps_add_without_atomic",
              column_sum<warps_add_without_atomic>);
TAILOR_KERNEL(table(), argmax, f32, "ties_write_alike", launch_ties_write_alike);
TAILOR_KERNEL(table(), sum_to_channels, f32, "last_thread_without_barrier",
              column_sum<last_thread_without_barrier>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "workspace_without_barrier",
              launch_workspace_without_barrier);
TAILOR_KERNEL(table(), sum_to_channels, f32, "missing_syncwarp", column_sum<missing_syncwarp>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "syncwarp_for_the_block",
              column_sum<syncwarp_for_the_block>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "shuffle_for_syncwarp",
              column_sum<shuffle_for_syncwarp>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "blocks_add_without_atomic",
              launch_blocks_add_without_atomic);
TAILOR_KERNEL(table(), sum_to_channels, f32, "missing_fence", launch_missing_fence);

}  // namespace
}  // namespace tailor::cuda
