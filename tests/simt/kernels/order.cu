// Kernels that show in what order threads run, or do not.
#include "tests/simt/kernels/registry.h"

namespace tailor::test {
namespace {

/// y[i] tells when thread i came.
__global__ void note_arrival(int* count, int* y) {
  y[blockIdx.x * blockDim.x + threadIdx.x] = atomicAdd(count, 1);
}

/// The sum of each block's 128 numbers by a tree, with every barrier it needs.
__global__ void add_by_tree(const float* x, float* y) {
  __shared__ float values[128];
  const unsigned t = threadIdx.x;
  values[t] = x[blockIdx.x * 128 + t];
  __syncthreads();
  for (unsigned half = 64; half >= 32; half /= 2) {
    if (t < half) values[t] += values[t + half];
    __syncthreads();
  }
  if (t >= 32) return;
  for (unsigned half = 16; half > 0; half /= 2) {
    const float other = t < half ? values[t + half] : 0;
    __syncwarp();
    if (t < half) values[t] += other;
    __syncwarp();
  }
  if (t == 0) y[blockIdx.x] = values[0];
}

/// The same by shuffles, and the sum of all blocks by whichever comes last.
__global__ void add_by_shuffles(const float* x, float* parts, unsigned* ticket, float* y) {
  __shared__ float of_warp[4];
  const unsigned t = threadIdx.x;
  float sum = x[blockIdx.x * 128 + t];
  for (int mask = 16; mask > 0; mask /= 2) sum += __shfl_xor_sync(0xFFFFFFFF, sum, mask);
  if (t % 32 == 0) of_warp[t / 32] = sum;
  __syncthreads();
  if (t != 0) return;
  parts[blockIdx.x] = of_warp[0] + of_warp[1] + of_warp[2] + of_warp[3];
  __threadfence();
  if (atomicAdd(ticket, 1U) != gridDim.x - 1) return;
  float all = 0;
  for (unsigned block = 0; block < gridDim.x; ++block) all += parts[block];
  *y = all;
}

/// 64 threads a block. Races within every third block, between blocks, and with an atomic; reads
/// what nobody wrote; adds fractions in the order in which blocks come.
__global__ void do_much_wrong(const float* x, float* sum, int* shared_by_four, float* y) {
  __shared__ float values[64];
  const unsigned t = threadIdx.x, block = blockIdx.x;
  if (t != 9 || block % 5 != 0) values[t] = x[block * 64 + t];
  if (block % 3 != 0) __syncthreads();
  atomicAdd(sum, x[block * 64 + t]);
  if (t == block % 64) shared_by_four[block / 4] = static_cast<int>(block);
  if (t == 7) atomicAdd(&shared_by_four[block / 8], 1);
  y[block * 64 + t] = values[63 - t];
}

const Register kOrder = {{"note_arrival", start<note_arrival>},
                         {"add_by_tree", start<add_by_tree>},
                         {"add_by_shuffles", start<add_by_shuffles>},
                         {"do_much_wrong", start<do_much_wrong>}};

}  // namespace
}  // namespace tailor::test
