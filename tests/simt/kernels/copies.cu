// Copies that go on by themselves, waited for or not.
#include "kernels/cuda/ptx.h"
#include "tests/simt/kernels/registry.h"

namespace tailor::test {
namespace {

/// Each thread copies four words of x and gives those of the thread `shift` after it, or zeros for
/// threads from `inside` on. It does `before` ahead of its wait and `after` behind it.
__global__ void hand_over_copies(const uint32_t* x, Between before, bool waits, Between after,
                                 unsigned shift, unsigned inside, uint32_t* y) {
  alignas(16) __shared__ uint32_t words[64][4];
  const unsigned me = threadIdx.x;
  for (int i = 0; i < 4; ++i) words[me][i] = 99;
  __syncthreads();
  const uint32_t* from = me < inside ? x + size_t{me} * 4 : nullptr;
  cuda::start_copy(words[me], from, from != nullptr);  // @copied
  cuda::commit_copies();
  if (before == kBlockBarrier) __syncthreads();
  if (waits) cuda::wait_for_copies<0>();
  if (after == kBlockBarrier) __syncthreads();
  for (int i = 0; i < 4; ++i) y[me * 4 + i] = words[(me + shift) % blockDim.x][i];  // @copy_read
}

/// Thread 0 copies and waits, thread 40 reads. The barrier between start and wait orders nothing.
__global__ void copy_for_another(const uint32_t* x, bool barrier, uint32_t* y) {
  alignas(16) __shared__ uint32_t words[4];
  if (threadIdx.x == 0) {
    cuda::start_copy(words, x, true);  // @copied_for_another
    cuda::commit_copies();
  }
  __syncthreads();
  if (threadIdx.x == 0) cuda::wait_for_copies<0>();
  if (barrier) __syncthreads();
  if (threadIdx.x == 40) *y = words[0];  // @read_by_another
}

/// One thread starts copies of three groups, waits for all but one, and reads the group `read`.
__global__ void wait_for_some(const uint32_t* x, int read, uint32_t* y) {
  alignas(16) __shared__ uint32_t words[3][4];
  for (int group = 0; group < 3; ++group) {
    cuda::start_copy(words[group], x + group * 4, true);  // @copied_in_groups
    cuda::commit_copies();
  }
  cuda::wait_for_copies<1>();
  *y = words[read][3];  // @group_read
  cuda::wait_for_copies<0>();
}

/// Two copies to the same place.
__global__ void copy_twice(const uint32_t* x, uint32_t* y) {
  alignas(16) __shared__ uint32_t words[4];
  cuda::start_copy(words, x, true);  // @copied_first
  cuda::start_copy(words, x, true);  // @copied_again
  cuda::commit_copies();
  cuda::wait_for_copies<0>();
  *y = words[0];
}

/// To an address that is not aligned, or not shared.
__global__ void copy_elsewhere(const uint32_t* x, bool shared, uint32_t* y) {
  alignas(16) __shared__ uint32_t words[8];
  cuda::start_copy(shared ? words + 2 : y, x, true);  // @copied_elsewhere
  cuda::commit_copies();
  cuda::wait_for_copies<0>();
  y[4] = words[2];
}

const Register kCopies = {{"hand_over_copies", start<hand_over_copies>},
                          {"copy_for_another", start<copy_for_another>},
                          {"wait_for_some", start<wait_for_some>},
                          {"copy_twice", start<copy_twice>},
                          {"copy_elsewhere", start<copy_elsewhere>}};

}  // namespace
}  // namespace tailor::test
