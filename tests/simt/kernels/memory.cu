// Kernels that leave their memory, or read what was never written, when their arguments say so.
#include "tests/simt/kernels/registry.h"

namespace tailor::test {
namespace {

/// y[i] = x[i + 1]
__global__ void shift(int n, const float* x, float* y) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] = x[i + 1];  // @shift
}

/// 32 threads.
__global__ void read_column(int column, float* y) {
  __shared__ float tile[4][8];
  const unsigned t = threadIdx.x;
  tile[t / 8][t % 8] = static_cast<float>(t);
  __syncthreads();
  y[t] = tile[t % 4][column];  // @read_column
}

/// A pointer does not tell its array's bounds.
__device__ float value_at(const float* values, int i) { return values[i]; }  // @value_at

/// 8 threads.
__global__ void read_one_of_two(int second, int i, float* y) {
  __shared__ float left[8];
  __shared__ float right[8];
  left[threadIdx.x] = 1;
  right[threadIdx.x] = 2;
  __syncthreads();
  if (threadIdx.x == 3) y[0] = value_at(second != 0 ? right : left, i);
}

__global__ void read_dynamic(int i, float* y) {
  DYNAMIC_SHARED(float, values);
  values[threadIdx.x] = static_cast<float>(threadIdx.x);
  __syncthreads();
  if (threadIdx.x == 2) y[0] = values[i];  // @read_dynamic
}

template <int kBytes>
__global__ void use_shared() {
  __shared__ unsigned char values[kBytes];
  values[threadIdx.x] = 1;
}

/// 64 threads; one of them, in one block, writes nothing.
__global__ void leave_gap(int block, int thread, float* y) {
  __shared__ float values[64];
  const int b = static_cast<int>(blockIdx.x), t = static_cast<int>(threadIdx.x);
  if (b != block || t != thread) values[t] = 1;
  __syncthreads();
  y[b * 64 + t] = values[t];  // @leave_gap
}

/// One thread. Writes the first half of a word of shared memory, and then reads `bytes` of it.
__global__ void read_half_written(int bytes, unsigned* y) {
  __shared__ unsigned word;
  auto* const half = reinterpret_cast<unsigned short*>(&word);
  *half = 7;
  *y = bytes == 2 ? *half : word;  // @read_half_written
}

__global__ void copy(const float* x, float* y) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  y[i] = x[i];  // @copy
}

__global__ void copy_fours(int from, const float* x, float4* y) {
  const auto* fours = reinterpret_cast<const float4*>(x + from);
  y[threadIdx.x] = fours[threadIdx.x];  // @copy_fours
}

/// One thread. g++ makes four stores of it, nvcc one.
__global__ void store_four(int from, float* y) {
  *reinterpret_cast<float4*>(y + from) = {1, 2, 3, 4};  // @store_four
}

/// One thread.
__global__ void read_pair_of_shared(int from, float* y) {
  __shared__ __align__(16) float values[4];
  for (int i = 0; i < 4; ++i) values[i] = 1;
  const float2 pair = *reinterpret_cast<const float2*>(values + from);  // @read_pair
  *y = pair.x + pair.y;
}

const Register kMemory = {{"shift", start<shift>},
                          {"read_column", start<read_column>},
                          {"read_one_of_two", start<read_one_of_two>},
                          {"read_dynamic", start<read_dynamic>},
                          {"use_shared<4096>", start<use_shared<4096>>},
                          {"use_shared<49152>", start<use_shared<49152>>},
                          {"use_shared<49153>", start<use_shared<49153>>},
                          {"leave_gap", start<leave_gap>},
                          {"read_half_written", start<read_half_written>},
                          {"copy", start<copy>},
                          {"copy_fours", start<copy_fours>},
                          {"store_four", start<store_four>},
                          {"read_pair_of_shared", start<read_pair_of_shared>}};

}  // namespace
}  // namespace tailor::test
