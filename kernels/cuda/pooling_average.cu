// Average pooling. Both directions gather, as in max pooling.
#include "kernels/cuda/pooling.h"

namespace tailor::cuda {
namespace {

/// How many numbers the average over a window is taken of.
__device__ __forceinline__ float divisor(const Pool2d& p, const Span& rows, const Span& columns) {
  return static_cast<float>(p.count_include_pad ? int64_t{p.kernel_h} * p.kernel_w
                                                : rows.size() * columns.size());
}

template <class T>
struct AveragePool {
  Pool2d p;
  PoolExtents extents;
  const T* x;
  T* y;

  /// N neighbouring channels of one pixel of y.
  template <int N>
  __device__ void compute(int64_t out_pixel, int64_t channel) const {
    const auto [height, width, out_height, out_width, channels] = extents;
    const Pixel at = pixel_at(out_pixel, out_height, out_width);
    const Span rows = window(at.h, p.stride_h, p.pad_top, p.kernel_h, height);
    const Span columns = window(at.w, p.stride_w, p.pad_left, p.kernel_w, width);
    Vec<float, N> sum{};
    for (int64_t h = rows.begin; h < rows.end; ++h) {
      for (int64_t w = columns.begin; w < columns.end; ++w) {
        const int64_t pixel = (at.image * height + h) * width + w;
        const Vec<float, N> value = load_f32<N>(x + pixel * channels + channel);
        for (int k = 0; k < N; ++k) sum.v[k] += value.v[k];
      }
    }
    const float count = divisor(p, rows, columns);
    for (int k = 0; k < N; ++k) sum.v[k] /= count;
    store_f32(y + out_pixel * channels + channel, sum);
  }
};

template <class T>
struct AveragePoolBackward {
  Pool2d p;
  PoolExtents extents;
  const T* dy;
  T* dx;

  /// N neighbouring channels of one pixel of x: its share of each window over it.
  template <int N>
  __device__ void compute(int64_t pixel, int64_t channel) const {
    const auto [height, width, out_height, out_width, channels] = extents;
    const Pixel at = pixel_at(pixel, height, width);
    const Span rows = windows_over(at.h, p.stride_h, p.pad_top, p.kernel_h, out_height);
    const Span columns = windows_over(at.w, p.stride_w, p.pad_left, p.kernel_w, out_width);
    Vec<float, N> sum{};
    for (int64_t oh = rows.begin; oh < rows.end; ++oh) {
      const Span window_rows = window(oh, p.stride_h, p.pad_top, p.kernel_h, height);
      for (int64_t ow = columns.begin; ow < columns.end; ++ow) {
        const Span window_columns = window(ow, p.stride_w, p.pad_left, p.kernel_w, width);
        const float count = divisor(p, window_rows, window_columns);
        const int64_t out_pixel = (at.image * out_height + oh) * out_width + ow;
        const Vec<float, N> gradient = load_f32<N>(dy + out_pixel * channels + channel);
        for (int k = 0; k < N; ++k) sum.v[k] += gradient.v[k] / count;
      }
    }
    store_f32(dx + pixel * channels + channel, sum);
  }
};

template <class T>
AveragePool<T> forward(const Pool2d& p, const View& x, const View& y) {
  return {p, pool_extents(x, y), x.as<T>(), y.as<T>()};
}

template <class T>
AveragePoolBackward<T> backward(const Pool2d& p, const View& dy, const View& dx) {
  return {p, pool_extents(dx, dy), dy.as<T>(), dx.as<T>()};
}

template <class T>
void avg_pool2d_naive(Backend& backend, const Pool2d& p, View x, View y) {
  launch_pool_naive(backend, forward<T>(p, x, y), y);
}

template <class T>
void avg_pool2d_vector(Backend& backend, const Pool2d& p, View x, View y) {
  launch_pool_vector<kVecWidth<T>>(backend, forward<T>(p, x, y), y);
}

template <class T>
void avg_pool2d_backward_naive(Backend& backend, const Pool2d& p, View dy, View dx) {
  launch_pool_naive(backend, backward<T>(p, dy, dx), dx);
}

template <class T>
void avg_pool2d_backward_vector(Backend& backend, const Pool2d& p, View dy, View dx) {
  launch_pool_vector<kVecWidth<T>>(backend, backward<T>(p, dy, dx), dx);
}

/// Of x, y as of dy, dx.
template <class T>
bool fits(const Pool2d& /*p*/, View from, View to) {
  return from.shape[3] % kVecWidth<T> == 0 && are_aligned(from, to);
}

TAILOR_KERNEL(table(), avg_pool2d, f32, "naive", avg_pool2d_naive<float>);
TAILOR_KERNEL(table(), avg_pool2d, bf16, "naive", avg_pool2d_naive<bf16>);
TAILOR_KERNEL(table(), avg_pool2d, f32, "vector", avg_pool2d_vector<float>, fits<float>);
TAILOR_KERNEL(table(), avg_pool2d, bf16, "vector", avg_pool2d_vector<bf16>, fits<bf16>);
TAILOR_KERNEL(table(), avg_pool2d_backward, f32, "naive", avg_pool2d_backward_naive<float>);
TAILOR_KERNEL(table(), avg_pool2d_backward, bf16, "naive", avg_pool2d_backward_naive<bf16>);
TAILOR_KERNEL(table(), avg_pool2d_backward, f32, "vector", avg_pool2d_backward_vector<float>,
              fits<float>);
TAILOR_KERNEL(table(), avg_pool2d_backward, bf16, "vector", avg_pool2d_backward_vector<bf16>,
              fits<bf16>);

}  // namespace
}  // namespace tailor::cuda
