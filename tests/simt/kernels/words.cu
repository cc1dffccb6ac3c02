// Kernels that use CUDA's words, for their values.
#include "tests/simt/kernels/registry.h"

namespace tailor::test {
namespace {

/// One warp. y: [8, 32], a row for each way to shuffle.
__global__ void shuffle_all_ways(int* y) {
  const int lane = static_cast<int>(threadIdx.x);
  const int value = 100 + lane;
  int* at = y + lane;
  const auto put = [&](int result) {
    *at = result;
    at += 32;
  };
  put(__shfl_sync(0xFFFFFFFF, value, 5));
  put(__shfl_sync(0xFFFFFFFF, value, 11, 8));
  put(__shfl_up_sync(0xFFFFFFFF, value, 3));
  put(__shfl_up_sync(0xFFFFFFFF, value, 3, 8));
  put(__shfl_down_sync(0xFFFFFFFF, value, 3));
  put(__shfl_down_sync(0xFFFFFFFF, value, 3, 8));
  put(__shfl_xor_sync(0xFFFFFFFF, value, 9));
  put(__shfl_xor_sync(0xFFFFFFFF, value, 9, 8));
}

/// One warp, by distances that lead out of it.
__global__ void shuffle_too_far(int distance, int* y) {
  const int lane = static_cast<int>(threadIdx.x);
  y[lane] = __shfl_up_sync(0xFFFFFFFF, lane, distance);
  y[32 + lane] = __shfl_down_sync(0xFFFFFFFF, lane, distance);
  y[64 + lane] = __shfl_xor_sync(0xFFFFFFFF, lane, distance);
}

/// One warp, whose halves go different ways.
__global__ void shuffle_in_halves(double* y, long long* z) {
  const unsigned lane = threadIdx.x;
  const double value = 1e300 * (1 + lane);
  if (lane < 16) {
    y[lane] = __shfl_sync(0x0000FFFF, value, 2);
  } else {
    y[lane] = __shfl_down_sync(0xFFFF0000, value, 1);
  }
  z[lane] = __shfl_xor_sync(0xFFFFFFFF, (1LL << 40) + lane, 31);
}

/// One warp. The first four of y are sums, then y[4 + lane] the ballot of every third lane.
__global__ void vote(int* y) {
  const unsigned lane = threadIdx.x;
  const bool third = lane % 3 == 0;
  const unsigned ballot = __ballot_sync(0xFFFFFFFF, third);
  const int any = __any_sync(0xFFFFFFFF, lane == 31) + 2 * __any_sync(0xFFFFFFFF, lane == 32);
  const int all = __all_sync(0xFFFFFFFF, lane < 32) + 2 * __all_sync(0xFFFFFFFF, lane < 31);
  int half = -1;
  if (lane < 16) half = __all_sync(0x0000FFFF, lane < 16) + 2 * __any_sync(0x0000FFFF, lane >= 16);
  if (lane == 0) {
    y[0] = any;
    y[1] = all;
    y[2] = half;
    y[3] = __popc(ballot);
  }
  y[4 + lane] = static_cast<int>(ballot);
}

/// 80 threads; y: [3, 80]
__global__ void vote_of_block(int* y) {
  const unsigned t = threadIdx.x;
  y[t] = __syncthreads_count(t % 2 == 0 && t > 3);
  y[80 + t] = __syncthreads_or(t == 79) + 2 * __syncthreads_or(t == 80);
  y[160 + t] = __syncthreads_and(t < 80) + 2 * __syncthreads_and(t < 79);
}

/// One thread. before: what each atomic returned, after: what it left of 12.
__global__ void use_atomics(unsigned* before, unsigned* after) {
  for (int i = 0; i < 12; ++i) after[i] = 12;
  before[0] = atomicAdd(&after[0], 5U);
  before[1] = atomicSub(&after[1], 5U);
  before[2] = atomicMin(&after[2], 5U);
  before[3] = atomicMax(&after[3], 5U);
  before[4] = atomicAnd(&after[4], 6U);
  before[5] = atomicOr(&after[5], 3U);
  before[6] = atomicXor(&after[6], 5U);
  before[7] = atomicExch(&after[7], 5U);
  before[8] = atomicInc(&after[8], 12U);
  before[9] = atomicDec(&after[9], 5U);
  before[10] = atomicCAS(&after[10], 12U, 5U);
  before[11] = atomicCAS(&after[11], 11U, 5U);
}

/// All threads of the grid at once.
__global__ void count_with_atomics(float* sum, int* most, unsigned long long* wide) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  atomicAdd(sum, 1.0F);
  atomicMax(most, i);
  atomicAdd(wide, 1ULL << 33);
}

/// y: [threads of the grid, 8]
__global__ void tell_indices(unsigned* y) {
  const unsigned block = blockIdx.y * gridDim.x + blockIdx.x;
  const unsigned thread = threadIdx.y * blockDim.x + threadIdx.x;
  unsigned* at = y + (block * blockDim.x * blockDim.y + thread) * 8;
  at[0] = blockIdx.x;
  at[1] = blockIdx.y;
  at[2] = threadIdx.x;
  at[3] = threadIdx.y;
  at[4] = gridDim.x;
  at[5] = gridDim.y;
  at[6] = blockDim.x;
  at[7] = blockDim.y;
}

/// One thread.
__global__ void compute_floats(float* y) {
  const float nan = __int_as_float(0x7FC00000);
  *y++ = rsqrtf(4);
  *y++ = __saturatef(-0.5F);
  *y++ = __saturatef(1.5F);
  *y++ = __saturatef(0.25F);
  *y++ = __fdividef(1, 4);
  *y++ = __expf(0);
  *y++ = __logf(1);
  *y++ = __log2f(8);
  *y++ = __powf(2, 10);
  *y++ = __exp10f(2);
  *y++ = __fmaf_rn(1 + 0x1p-12F, 1 + 0x1p-12F, -1);
  *y++ = __fadd_rn(__fmul_rn(1 + 0x1p-12F, 1 + 0x1p-12F), -1);
  *y++ = __frcp_rn(8);
  *y++ = __fsqrt_rn(9);
  *y++ = min(1.0F, nan);
  *y++ = max(nan, 2.0F);
  *y++ = min(3, 2.5F);
  *y++ = static_cast<float>(rsqrt(16.0));
}

/// One thread.
__global__ void compute_integers(long long* y) {
  *y++ = __popc(0xF0F0);
  *y++ = __popcll(0xFFFFFFFFFFULL);
  *y++ = __clz(0);
  *y++ = __clz(1);
  *y++ = __clz(-1);
  *y++ = __clzll(1);
  *y++ = __ffs(0);
  *y++ = __ffs(8);
  *y++ = __ffsll(1LL << 40);
  *y++ = __brev(0x80000001);
  *y++ = __brev(6);
  *y++ = __umulhi(0x80000000, 6);
  *y++ = __mulhi(-1, 1);
  *y++ = __float_as_uint(-2);
  *y++ = __float2int_rn(2.5F);
  *y++ = __float2int_rn(3.5F);
  *y++ = __float2int_rz(-3.9F);
  *y++ = max(-1, 0);
  *y++ = warpSize;
}

const Register kWords = {{"shuffle_all_ways", start<shuffle_all_ways>},
                         {"shuffle_too_far", start<shuffle_too_far>},
                         {"shuffle_in_halves", start<shuffle_in_halves>},
                         {"vote", start<vote>},
                         {"vote_of_block", start<vote_of_block>},
                         {"use_atomics", start<use_atomics>},
                         {"count_with_atomics", start<count_with_atomics>},
                         {"tell_indices", start<tell_indices>},
                         {"compute_floats", start<compute_floats>},
                         {"compute_integers", start<compute_integers>}};

}  // namespace
}  // namespace tailor::test
