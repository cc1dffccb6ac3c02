// What kernels/cuda/ptx.h offers on matrices, as plain as can be: each lane brings its words.
#include "kernels/cuda/ptx.h"
#include "tests/simt/kernels/registry.h"

namespace tailor::test {
namespace {

__device__ unsigned lane() { return threadIdx.x % 32; }

/// y [32, 4]: what each lane gets of x, four matrices of 8 x 8 bf16.
template <bool kTransposed>
__global__ void load_four(const uint32_t* x, uint32_t* y) {
  alignas(16) __shared__ uint32_t rows[32][4];
  for (int i = 0; i < 4; ++i) rows[lane()][i] = x[lane() * 4 + i];
  __syncthreads();
  uint32_t registers[4];
  cuda::load_matrices<kTransposed>(registers, rows[lane()]);
  for (int i = 0; i < 4; ++i) y[lane() * 4 + i] = registers[i];
}

/// y [32, 4] += a [32, 4] * b [32, 2], each a lane's registers; a product for each block.
__global__ void multiply(const uint32_t* a, const uint32_t* b, float* y) {
  const unsigned at = blockIdx.x * 32 + lane();
  uint32_t of_a[4], of_b[2];
  float sums[4];
  for (int i = 0; i < 4; ++i) of_a[i] = a[at * 4 + i];
  for (int i = 0; i < 2; ++i) of_b[i] = b[at * 2 + i];
  for (int i = 0; i < 4; ++i) sums[i] = y[at * 4 + i];
  cuda::multiply_matrices(sums, of_a, of_b);
  for (int i = 0; i < 4; ++i) y[at * 4 + i] = sums[i];
}

/// Pairs of x, packed.
__global__ void pack(const float* x, uint32_t* y) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  y[i] = cuda::pack_bf16(x[2 * i], x[2 * i + 1]);
}

/// Half a warp does not come.
__global__ void multiply_without_some(float* y) {
  if (threadIdx.x >= 16) return;
  const uint32_t a[4] = {}, b[2] = {};
  float sums[4] = {};
  cuda::multiply_matrices(sums, a, b);
  y[threadIdx.x] = sums[0];
}

const Register kMatrices = {{"load_four", start<load_four<false>>},
                            {"load_four_transposed", start<load_four<true>>},
                            {"multiply", start<multiply>},
                            {"pack", start<pack>},
                            {"multiply_without_some", start<multiply_without_some>}};

}  // namespace
}  // namespace tailor::test
