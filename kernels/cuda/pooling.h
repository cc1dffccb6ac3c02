// Where windows lie, for the pooling kernels. x is [N, H, W, C], y is [N, OH, OW, C].
#pragma once

#include "kernels/cuda/columns.h"

namespace tailor::cuda {

/// The extents of x and y but for the batch.
struct PoolExtents {
  int64_t height, width, out_height, out_width, channels;
};

inline PoolExtents pool_extents(const View& x, const View& y) {
  return {x.shape[1], x.shape[2], y.shape[1], y.shape[2], x.shape[3]};
}

/// Pixel number `index` of images of height x width.
struct Pixel {
  int64_t image, h, w;
};

__device__ __forceinline__ Pixel pixel_at(int64_t index, int64_t height, int64_t width) {
  const int64_t row = index / width;
  return {row / height, row % height, index % width};
}

/// The integers from begin to end - 1.
struct Span {
  int64_t begin;
  int64_t end;

  __device__ int64_t size() const { return end - begin; }
};

/// The rows (or columns) of x inside window `at`: at least one, as padding is smaller than kernels.
__device__ __forceinline__ Span window(int64_t at, int stride, int pad, int kernel,
                                       int64_t extent) {
  const int64_t start = at * stride - pad;
  return {start > 0 ? start : 0, start + kernel < extent ? start + kernel : extent};
}

/// The windows that row (or column) `at` of x lies in; maybe none.
__device__ __forceinline__ Span windows_over(int64_t at, int stride, int pad, int kernel,
                                             int64_t windows) {
  const int64_t first = at + pad - kernel + 1;
  const int64_t last = (at + pad) / stride;
  return {first <= 0 ? 0 : (first + stride - 1) / stride, last < windows ? last + 1 : windows};
}

// A pool is one direction of pooling with its arguments; pool.compute<N>(pixel, channel) makes N
// neighbouring channels of one pixel of its result.

/// One thread an element; neighbouring threads have neighbouring channels.
template <class Pool>
__global__ void pool_naive(Pool pool, int64_t count, int64_t channels) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    pool.template compute<1>(i / channels, i % channels);
  }
}

/// One thread as many channels as fit 16 bytes: where the windows lie is found out once for them,
/// and a quarter (an eighth) of the requests bring the same bytes.
template <class Pool, int N>
__global__ void pool_vector(Pool pool, int64_t pixels, int64_t channels) {
  const Column at = this_column<N>();
  if (at.channel >= channels) return;
  for (int64_t pixel = at.row; pixel < pixels; pixel += at.step) {
    pool.template compute<N>(pixel, at.channel);
  }
}

/// `result`: what the pool computes, y or dx.
template <class Pool>
void launch_pool_naive(Backend& backend, const Pool& pool, const View& result) {
  constexpr int kThreads = 256;
  launch(backend, {blocks_for(result.count(), kThreads), kThreads}, pool_naive<Pool>)(
      pool, result.count(), result.shape[3]);
}

template <int N, class Pool>
void launch_pool_vector(Backend& backend, const Pool& pool, const View& result) {
  constexpr int64_t kPixelsEach = 2;
  const Shape& s = result.shape;
  const int64_t pixels = s[0] * s[1] * s[2], channels = s[3];
  launch(backend, column_grid(pixels, channels, N, kPixelsEach), pool_vector<Pool, N>)(pool, pixels,
                                                                                       channels);
}

}  // namespace tailor::cuda
