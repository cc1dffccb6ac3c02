// Kernels whose every access can be counted by hand.
#include "tests/simt/kernels/registry.h"

namespace tailor::test {
namespace {

/// y[i] = x[stride * i] for i < n
__global__ void gather(int n, int stride, const float* x, float* y) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= n) return;
  const float value = x[i * stride];  // @gather_read
  y[i] = value;                       // @gather_write
}

/// x and y are [n, n], blocks 32 x 32 threads.
__global__ void transpose_directly(int n, const float* x, float* y) {
  const unsigned column = blockIdx.x * 32 + threadIdx.x, row = blockIdx.y * 32 + threadIdx.y;
  const float value = x[row * n + column];  // @direct_read
  y[column * n + row] = value;              // @direct_write
}

/// The same by way of a tile whose rows are `pitch` numbers apart.
template <int pitch>
__global__ void transpose(int n, const float* x, float* y) {
  __shared__ float tile[32][pitch];
  const unsigned column = blockIdx.x * 32, row = blockIdx.y * 32;
  const float in = x[(row + threadIdx.y) * n + column + threadIdx.x];  // @tile_in
  tile[threadIdx.y][threadIdx.x] = in;                                 // @tile_write
  __syncthreads();                                                     // @tile_barrier
  const float out = tile[threadIdx.x][threadIdx.y];                    // @tile_read
  y[(column + threadIdx.y) * n + row + threadIdx.x] = out;             // @tile_out
}

__device__ float4 scaled(float4 v, float by) {
  return make_float4(by * v.x, by * v.y, by * v.z, by * v.w);
}

__global__ void scale_fours(int fours, const float4* x, float4* y) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < fours) y[i] = scaled(x[i], 3);  // @scale_fours
}

struct Triple {
  float a, b, c;
};
__device__ float sum_of(Triple t) { return t.a + t.b + t.c; }

__global__ void sum_triples(const Triple* x, float* y) {
  y[threadIdx.x] = sum_of(x[threadIdx.x]);  // @sum_triples
}

/// One warp; T is 4, 8 or 16 bytes.
template <class T>
__global__ void reverse_wide(const T* x, T* y) {
  __shared__ T values[32];
  values[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  y[threadIdx.x] = values[31 - threadIdx.x];  // @wide_read
}

/// 64 threads. Every access of a round is there in every round.
__global__ void add_rounds(int rounds, int never, float* y) {
  __shared__ float own[64];
  __shared__ float only_read[64];
  __shared__ float only_written[64];
  __shared__ int step;
  const unsigned t = threadIdx.x;
  own[t] = 0;            // @own_zeroed
  if (t == 0) step = 1;  // @step_set
  only_written[t] = 1;   // @only_written
  __syncthreads();       // @rounds_barrier
  for (int i = 0; i < rounds; ++i) {
    own[t] += static_cast<float>(step);  // @round
  }
  if (never == 0) own[t] += only_read[t];  // @only_read
  y[blockIdx.x * 64 + t] = own[t];         // @rounds_out
}

/// 64 threads. The guarded number is read in round `wanted` alone, and written only if there is
/// such a round.
__global__ void read_guarded(int rounds, int wanted, float* y) {
  __shared__ float guarded[4];
  if (threadIdx.x == 0 && wanted >= 0) guarded[3] = 2;  // @guarded_write
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < rounds; ++i) {
    if (i == wanted) sum += guarded[3];  // @guarded_read
    sum += 1;
  }
  y[threadIdx.x] = sum;
}

/// 32 threads. One of two neighbours is read.
__global__ void choose(int second, float* y) {
  __shared__ struct { float a, b; } pair;
  if (threadIdx.x == 0) (second != 0 ? pair.b : pair.a) = 5;
  __syncthreads();
  y[threadIdx.x] = second != 0 ? pair.b : pair.a;  // @choose
}

__global__ void write_below(unsigned end, float* y) {
  if (threadIdx.x < end) y[threadIdx.x] = 1;  // @write_below
}

__global__ void add_up(const int* x, int* sum) {
  atomicAdd(sum, x[blockIdx.x * blockDim.x + threadIdx.x]);  // @add_up
}

/// Each thread copies 16 numbers.
__global__ void copy_blocks(const float* x, float* y) {
  memcpy(y + 16 * threadIdx.x, x + 16 * threadIdx.x, 16 * sizeof(float));  // @copy_blocks
}

const Register kCounts = {{"gather", start<gather>},
                          {"transpose_directly", start<transpose_directly>},
                          {"transpose<32>", start<transpose<32>>},
                          {"transpose<33>", start<transpose<33>>},
                          {"scale_fours", start<scale_fours>},
                          {"sum_triples", start<sum_triples>},
                          {"reverse_wide<float>", start<reverse_wide<float>>},
                          {"reverse_wide<float2>", start<reverse_wide<float2>>},
                          {"reverse_wide<float4>", start<reverse_wide<float4>>},
                          {"add_rounds", start<add_rounds>},
                          {"read_guarded", start<read_guarded>},
                          {"choose", start<choose>},
                          {"write_below", start<write_below>},
                          {"add_up", start<add_up>},
                          {"copy_blocks", start<copy_blocks>}};

}  // namespace
}  // namespace tailor::test
