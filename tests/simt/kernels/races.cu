// Kernels whose threads meet in memory, with or without what would order them.
#include "tests/simt/kernels/registry.h"

namespace tailor::test {
namespace {

__device__ void wait(Between how) {
  switch (how) {
    case kNothing:
      return;
    case kBlockBarrier:
      return __syncthreads();
    case kBlockVote:
      __syncthreads_or(1);
      return;
    case kWarpBarrier:
      return __syncwarp();
    case kHalfWarpBarrier:
      return __syncwarp(threadIdx.x % 32 < 16 ? 0x0000FFFF : 0xFFFF0000);
    case kShuffle:
      __shfl_xor_sync(0xFFFFFFFF, 1, 16);
      return;
    case kVote:
      __any_sync(0xFFFFFFFF, 1);
      return;
    case kFence:
      return __threadfence();
  }
}

/// One thread writes what another reads.
__global__ void hand_over(Between how, unsigned from, unsigned to, float* y) {
  __shared__ float slot;
  if (threadIdx.x == 0) slot = 0;
  __syncthreads();
  if (threadIdx.x == from) slot = 1;  // @written
  wait(how);
  if (threadIdx.x == to) y[blockIdx.x] = slot;  // @read
}

__device__ int touch(Touch how, int* word) {
  if (how == kAtomic) return atomicAdd(word, 1);  // @touch_atomic
  if (how == kRead) return *word;                 // @touch_read
  *word = 1;                                      // @touch_write
  return 0;
}

/// Two threads of a block.
__global__ void touch_shared(Touch first, Touch second, int* y) {
  __shared__ int word;
  if (threadIdx.x == 0) word = 0;
  __syncthreads();
  if (threadIdx.x == 3) y[0] = touch(first, &word);
  if (threadIdx.x == 37) y[1] = touch(second, &word);
}

/// Two threads, counted through the grid.
__global__ void touch_global(Touch first, unsigned first_thread, Touch second,
                             unsigned second_thread, int* word, int* y) {
  const unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
  if (thread == first_thread) y[0] = touch(first, word);
  if (thread == second_thread) y[1] = touch(second, word);
}

/// Each thread of the grid writes a byte of its own.
__global__ void write_bytes(unsigned char* y) {
  __shared__ unsigned char own[64];
  own[threadIdx.x] = static_cast<unsigned char>(threadIdx.x);
  y[blockIdx.x * blockDim.x + threadIdx.x] = own[threadIdx.x];
}

enum FencePlace : uint8_t { kNoFence, kFenceBehindWrite, kFenceBeforeWrite };

/// One thread a block; the last block adds what all have left. The ticket is a flag as well.
__global__ void last_block_adds(FencePlace fence, const float* x, float* parts, unsigned* ticket,
                                float* sum) {
  if (fence == kFenceBeforeWrite) __threadfence();
  parts[blockIdx.x] = x[blockIdx.x];  // @part_written
  if (fence == kFenceBehindWrite) __threadfence();
  if (atomicAdd(ticket, 1U) != gridDim.x - 1) return;
  float all = 0;
  for (unsigned i = 0; i < gridDim.x; ++i) {
    all += parts[i];  // @part_read
  }
  *sum = all;
}

__device__ unsigned tickets_given = 0;

/// The same with a ticket that is no argument.
__global__ void last_block_adds_by_variable(const float* x, float* parts, float* sum) {
  parts[blockIdx.x] = x[blockIdx.x];
  __threadfence();
  if (atomicInc(&tickets_given, gridDim.x - 1) != gridDim.x - 1) return;
  *sum = 0;
  for (unsigned i = 0; i < gridDim.x; ++i) *sum += parts[i];
}

/// One thread a block; one after the other adds what it has.
__global__ void add_in_turn(int fenced, const float* x, unsigned* lock, float* sum) {
  while (atomicCAS(lock, 0U, 1U) != 0) {
  }
  __threadfence();
  *sum += x[blockIdx.x];  // @added_in_turn
  if (fenced != 0) __threadfence();
  atomicExch(lock, 0U);
}

/// One thread a block, which counts itself and then, or only behind a fence, forgets all.
__global__ void count_and_forget(int fenced, unsigned* count) {
  atomicAdd(count, 1U);  // @counted
  if (fenced != 0) __threadfence();
  if (blockIdx.x == 2) *count = 0;  // @forgotten
}

/// Blocks of (4, 2) threads in a grid of (2, 3): the last thread of block (1, 2) meets the first.
__global__ void meet_in_plane(int* word) {
  const bool last_block = blockIdx.x == 1 && blockIdx.y == 2;
  if (!last_block) return;
  const bool first = threadIdx.x == 0 && threadIdx.y == 0;
  const bool last = threadIdx.x == 3 && threadIdx.y == 1;
  if (first || last) *word = 1;  // @plane_write
}

const Register kRaces = {{"hand_over", start<hand_over>},
                         {"touch_shared", start<touch_shared>},
                         {"touch_global", start<touch_global>},
                         {"write_bytes", start<write_bytes>},
                         {"last_block_adds", start<last_block_adds>},
                         {"last_block_adds_by_variable", start<last_block_adds_by_variable>},
                         {"add_in_turn", start<add_in_turn>},
                         {"count_and_forget", start<count_and_forget>},
                         {"meet_in_plane", start<meet_in_plane>}};

}  // namespace
}  // namespace tailor::test
