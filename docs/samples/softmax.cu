#include "kernels/cuda/launch.h"

using namespace tailor;

__global__ void softmax_rows(const float* x, float* y, int columns) {
  __shared__ float sums[64];
  const float* row = x + blockIdx.x * columns;
  float largest = row[0], sum = 0;
  for (int c = 1; c < columns; ++c) largest = fmaxf(largest, row[c]);
  for (int c = threadIdx.x; c < columns; c += 64) sum += expf(row[c] - largest);
  sums[threadIdx.x] = sum;
  for (unsigned half = 32; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  __syncthreads();
  for (int c = threadIdx.x; c < columns; c += 64) {
    y[blockIdx.x * columns + c] = expf(row[c] - largest) / sums[0];
  }
}

void softmax(Backend& backend, View x, View y) {
  const unsigned rows = x.count() / x.shape.back();
  cuda::launch(backend, {rows, 64}, softmax_rows)(x.as<float>(), y.as<float>(), x.shape.back());
}

TAILOR_KERNEL(cuda::table(), softmax, f32, "mine", softmax);
