// A kernel whose accesses and barriers are data.
#include "tests/simt/kernels/registry.h"

namespace tailor::test {
namespace {

template <class T>
__device__ unsigned touch(Touch how, unsigned char* at, unsigned value) {
  auto* const word = reinterpret_cast<T*>(at);
  if constexpr (sizeof(T) == 4 || sizeof(T) == 8) {
    if (how == kAtomic) return static_cast<unsigned>(atomicAdd(word, T{1}));
  }
  if (how == kRead) return static_cast<unsigned>(*word);
  *word = static_cast<T>(value);
  return 0;
}

/// What is made up of four numbers would be written in four accesses: it comes from `whole`.
__device__ unsigned touch_sixteen(Touch how, unsigned char* at, const uint4* whole) {
  auto* const word = reinterpret_cast<uint4*>(at);
  if (how == kRead) {
    const uint4 all = *word;
    return all.x + all.y + all.z + all.w;
  }
  *word = *whole;
  return 0;
}

__device__ unsigned touch_bytes(const Step& step, unsigned char* memory, unsigned value,
                                const uint4* whole) {
  unsigned char* const at = memory + step.offset;
  switch (step.bytes) {
    case 1:
      return touch<unsigned char>(step.touch, at, value);
    case 2:
      return touch<unsigned short>(step.touch, at, value);
    case 4:
      return touch<unsigned>(step.touch, at, value);
    case 8:
      return touch<unsigned long long>(step.touch, at, value);
    default:
      return touch_sixteen(step.touch, at, whole);
  }
}

/// program: [count, threads of the grid]; zeros: what shared memory starts from, kProgramBytes as
/// global
__global__ void interpret(int count, const Step* program, const uint4* zeros, unsigned char* global,
                          unsigned* flags, unsigned* y) {
  __shared__ __align__(16) unsigned char shared[kProgramBytes];
  for (unsigned i = threadIdx.x; i < kProgramBytes / 16; i += blockDim.x) {
    reinterpret_cast<uint4*>(shared)[i] = zeros[i];
  }
  __syncthreads();
  const unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned threads = gridDim.x * blockDim.x;
  unsigned value = thread;
  for (int i = 0; i < count; ++i) {
    const Step step = program[i * threads + thread];
    if (step.kind == Step::kSyncBlock) __syncthreads();
    if (step.kind == Step::kSyncWarp) __syncwarp(step.mask);
    if (step.kind == Step::kVoteOfWarp) value += __ballot_sync(step.mask, 1);
    if (step.kind == Step::kThreadFence) __threadfence();
    if (step.kind == Step::kFlag) value += atomicAdd(flags + step.offset, 1U);
    if (step.kind == Step::kTouch)
      value += touch_bytes(step, step.global ? global : shared, value, zeros);
  }
  y[thread] = value;
}

const Register kInterpreter = {{"interpret", start<interpret>}};

}  // namespace
}  // namespace tailor::test
