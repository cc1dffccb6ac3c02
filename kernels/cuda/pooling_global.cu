// Global average pooling: the mean over all pixels [N, H, W, C] -> [N, C].
#include "kernels/cuda/columns.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 256;

/// One thread a result, down all pixels; neighbouring threads have neighbouring channels.
template <class T>
__global__ void mean_naive(const T* x, T* y, int64_t count, int64_t pixels, int64_t channels) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    const T* image = x + i / channels * pixels * channels + i % channels;
    float sum = 0;
    for (int64_t pixel = 0; pixel < pixels; ++pixel) sum += to_f32(image[pixel * channels]);
    y[i] = from_f32<T>(sum / static_cast<float>(pixels));
  }
}

/// The step "block": one block some channels of an image; its rows of threads share the pixels and
/// add up their sums in a tree, so that more loads are under way at once. "vector" is the same with
/// the channels that fit 16 bytes a thread: a quarter (an eighth) of the requests.
template <class T, int N>
__global__ void mean_block(const T* x, T* y, int64_t images, int64_t pixels, int64_t channels) {
  const int64_t channel = this_column<N>().channel;
  for (int64_t image = blockIdx.y; image < images; image += gridDim.y) {
    Sums<1, N> sums{};
    if (channel < channels) {
#pragma unroll 4  // that many loads under way at once
      for (int64_t pixel = threadIdx.y; pixel < pixels; pixel += blockDim.y) {
        sums.merge({{load_f32<N>(x + (image * pixels + pixel) * channels + channel)}});
      }
    }
    merge_block(sums);
    if (threadIdx.y == 0 && channel < channels) {
      for (int k = 0; k < N; ++k) sums.of[0].v[k] /= static_cast<float>(pixels);
      store_f32(y + image * channels + channel, sums.of[0]);
    }
  }
}

/// One thread an element, which reads and divides again what its neighbours down the pixels have.
template <class T>
__global__ void spread_naive(const T* dy, T* dx, int64_t count, int64_t pixels, int64_t channels) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    const int64_t image = i / (pixels * channels);
    const float gradient = to_f32(dy[image * channels + i % channels]);
    dx[i] = from_f32<T>(gradient / static_cast<float>(pixels));
  }
}

/// One thread the channels that fit 16 bytes, at every blockDim.y-th pixel of an image: it reads
/// and divides once for all of them.
template <class T, int N>
__global__ void spread_block(const T* dy, T* dx, int64_t images, int64_t pixels, int64_t channels) {
  const int64_t channel = this_column<N>().channel;
  if (channel >= channels) return;
  for (int64_t image = blockIdx.y; image < images; image += gridDim.y) {
    Vec<float, N> share = load_f32<N>(dy + image * channels + channel);
    for (int k = 0; k < N; ++k) share.v[k] /= static_cast<float>(pixels);
    for (int64_t pixel = threadIdx.y; pixel < pixels; pixel += blockDim.y) {
      store_f32(dx + (image * pixels + pixel) * channels + channel, share);
    }
  }
}

/// Blocks along the channels as in column_grid, and one down for each image.
Grid image_grid(int64_t images, int64_t channels, int width) {
  Grid grid = column_grid(1, channels, width, 1);
  grid.blocks.y = static_cast<unsigned>(std::clamp<int64_t>(images, 1, kMostGridRows));
  return grid;
}

template <class T>
void global_avg_pool_naive(Backend& backend, View x, View y) {
  launch(backend, {blocks_for(y.count(), kThreads), kThreads}, mean_naive<T>)(
      x.as<T>(), y.as<T>(), y.count(), x.shape[1] * x.shape[2], x.shape[3]);
}

template <class T, int N>
void global_avg_pool_block(Backend& backend, View x, View y) {
  launch(backend, image_grid(x.shape[0], x.shape[3], N), mean_block<T, N>)(
      x.as<T>(), y.as<T>(), x.shape[0], x.shape[1] * x.shape[2], x.shape[3]);
}

template <class T>
void global_avg_pool_backward_naive(Backend& backend, View dy, View dx) {
  launch(backend, {blocks_for(dx.count(), kThreads), kThreads}, spread_naive<T>)(
      dy.as<T>(), dx.as<T>(), dx.count(), dx.shape[1] * dx.shape[2], dx.shape[3]);
}

template <class T>
void global_avg_pool_backward_vector(Backend& backend, View dy, View dx) {
  constexpr int kN = kVecWidth<T>;
  launch(backend, image_grid(dx.shape[0], dx.shape[3], kN), spread_block<T, kN>)(
      dy.as<T>(), dx.as<T>(), dx.shape[0], dx.shape[1] * dx.shape[2], dx.shape[3]);
}

/// Of x, y as of dy, dx.
template <class T>
bool fits(View from, View to) {
  return from.shape.back() % kVecWidth<T> == 0 && are_aligned(from, to);
}

TAILOR_KERNEL(table(), global_avg_pool, f32, "naive", global_avg_pool_naive<float>);
TAILOR_KERNEL(table(), global_avg_pool, bf16, "naive", global_avg_pool_naive<bf16>);
TAILOR_KERNEL(table(), global_avg_pool, f32, "block", global_avg_pool_block<float, 1>);
TAILOR_KERNEL(table(), global_avg_pool, bf16, "block", global_avg_pool_block<bf16, 1>);
TAILOR_KERNEL(table(), global_avg_pool, f32, "vector", global_avg_pool_block<float, 4>,
              fits<float>);
TAILOR_KERNEL(table(), global_avg_pool, bf16, "vector", global_avg_pool_block<bf16, 8>, fits<bf16>);
TAILOR_KERNEL(table(), global_avg_pool_backward, f32, "naive",
              global_avg_pool_backward_naive<float>);
TAILOR_KERNEL(table(), global_avg_pool_backward, bf16, "naive",
              global_avg_pool_backward_naive<bf16>);
TAILOR_KERNEL(table(), global_avg_pool_backward, f32, "vector",
              global_avg_pool_backward_vector<float>, fits<float>);
TAILOR_KERNEL(table(), global_avg_pool_backward, bf16, "vector",
              global_avg_pool_backward_vector<bf16>, fits<bf16>);

}  // namespace
}  // namespace tailor::cuda
