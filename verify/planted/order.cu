// Planted bugs: no race and right numbers in one order of the threads, other numbers in another.
#include "verify/planted/column_sum.cuh"

namespace tailor::cuda {
namespace {

__global__ void float_atomic(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sum;
  if (threadIdx.x == 0) sum = 0;
  __syncthreads();
  atomicAdd(&sum, sum_of_own_rows(dy, rows, channels));  // BUG: rounds as the order happens to be
  __syncthreads();
  if (threadIdx.x == 0) db[blockIdx.x] = sum;
}

/// One block a row of x.
__global__ void first_come(const float* x, int64_t* indices, int64_t columns) {
  __shared__ int best;
  if (threadIdx.x == 0) best = -1;
  __syncthreads();
  const float* row = x + blockIdx.x * columns;
  float largest = row[0];
  for (int64_t c = 1; c < columns; ++c) {
    if (row[c] > largest || row[c] != row[c]) largest = row[c];
  }
  for (int64_t c = threadIdx.x; c < columns; c += kThreads) {
    // BUG: of several largest the first thread wins, not the lowest index
    if (row[c] == largest || row[c] != row[c]) atomicCAS(&best, -1, static_cast<int>(c));
  }
  __syncthreads();
  if (threadIdx.x == 0) indices[blockIdx.x] = best;
}

void launch_first_come(Backend& backend, View x, View indices) {
  launch(backend, {static_cast<unsigned>(indices.count()), kThreads}, first_come)(
      x.as<float>(), indices.as<int64_t>(), x.shape.back());
}

TAILOR_KERNEL(table(), sum_to_channels, f32, "float_atomic", column_sum<float_atomic>);
TAILOR_KERNEL(table(), argmax, f32, "first_come", launch_first_come);

}  // namespace
}  // namespace tailor::cuda
