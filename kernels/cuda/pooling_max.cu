// Max pooling. Both directions gather: each output element is made by one thread, so that nothing
// is added up by several and every run gives the same bits.
#include "kernels/cuda/pooling.h"

namespace tailor::cuda {
namespace {

template <class T>
struct MaxPool {
  Pool2d p;
  PoolExtents extents;
  const T* x;
  T* y;
  int32_t* indices;  ///< or null

  /// N neighbouring channels of one pixel of y: the first maximum, or the first NaN, in the window.
  template <int N>
  __device__ void compute(int64_t out_pixel, int64_t channel) const {
    const auto [height, width, out_height, out_width, channels] = extents;
    const Pixel at = pixel_at(out_pixel, out_height, out_width);
    const Span rows = window(at.h, p.stride_h, p.pad_top, p.kernel_h, height);
    const Span columns = window(at.w, p.stride_w, p.pad_left, p.kernel_w, width);
    const T* image = x + at.image * height * width * channels + channel;
    const int64_t first = rows.begin * width + columns.begin;
    Vec<float, N> best = load_f32<N>(image + first * channels);
    Vec<int32_t, N> best_at;
    for (int k = 0; k < N; ++k) best_at.v[k] = static_cast<int32_t>(first);
    for (int64_t h = rows.begin; h < rows.end; ++h) {
      for (int64_t w = columns.begin; w < columns.end; ++w) {
        const Vec<float, N> value = load_f32<N>(image + (h * width + w) * channels);
        for (int k = 0; k < N; ++k) {
          const bool is_nan = value.v[k] != value.v[k], had_nan = best.v[k] != best.v[k];
          if (value.v[k] > best.v[k] || (is_nan && !had_nan)) {
            best.v[k] = value.v[k];
            best_at.v[k] = static_cast<int32_t>(h * width + w);
          }
        }
      }
    }
    const int64_t i = out_pixel * channels + channel;
    store_f32(y + i, best);
    if (indices != nullptr) store_wide(indices + i, best_at);
  }
};

template <class T>
struct MaxPoolBackward {
  Pool2d p;
  PoolExtents extents;
  const T* dy;
  const int32_t* indices;
  T* dx;

  /// N neighbouring channels of one pixel of x: what the windows over it have found there.
  template <int N>
  __device__ void compute(int64_t pixel, int64_t channel) const {
    const auto [height, width, out_height, out_width, channels] = extents;
    const Pixel at = pixel_at(pixel, height, width);
    const Span rows = windows_over(at.h, p.stride_h, p.pad_top, p.kernel_h, out_height);
    const Span columns = windows_over(at.w, p.stride_w, p.pad_left, p.kernel_w, out_width);
    const auto here = static_cast<int32_t>(at.h * width + at.w);
    Vec<float, N> sum{};
    for (int64_t oh = rows.begin; oh < rows.end; ++oh) {
      for (int64_t ow = columns.begin; ow < columns.end; ++ow) {
        const int64_t out_pixel = (at.image * out_height + oh) * out_width + ow;
        const int64_t i = out_pixel * channels + channel;
        const Vec<int32_t, N> found_at = load_wide<N>(indices + i);
        const Vec<float, N> gradient = load_f32<N>(dy + i);
        for (int k = 0; k < N; ++k) {
          if (found_at.v[k] == here) sum.v[k] += gradient.v[k];
        }
      }
    }
    store_f32(dx + pixel * channels + channel, sum);
  }
};

template <class T>
MaxPool<T> forward(const Pool2d& p, const View& x, const View& y, const View& indices) {
  return {p, pool_extents(x, y), x.as<T>(), y.as<T>(), indices.as<int32_t>()};
}

template <class T>
MaxPoolBackward<T> backward(const Pool2d& p, const View& dy, const View& indices, const View& dx) {
  return {p, pool_extents(dx, dy), dy.as<T>(), indices.as<int32_t>(), dx.as<T>()};
}

template <class T>
void max_pool2d_naive(Backend& backend, const Pool2d& p, View x, View y, View indices) {
  launch_pool_naive(backend, forward<T>(p, x, y, indices), y);
}

template <class T>
void max_pool2d_vector(Backend& backend, const Pool2d& p, View x, View y, View indices) {
  launch_pool_vector<kVecWidth<T>>(backend, forward<T>(p, x, y, indices), y);
}

template <class T>
void max_pool2d_backward_naive(Backend& backend, const Pool2d& p, View dy, View indices, View dx) {
  launch_pool_naive(backend, backward<T>(p, dy, indices, dx), dx);
}

template <class T>
void max_pool2d_backward_vector(Backend& backend, const Pool2d& p, View dy, View indices, View dx) {
  launch_pool_vector<kVecWidth<T>>(backend, backward<T>(p, dy, indices, dx), dx);
}

/// Of x, y, indices as of dy, indices, dx.
template <class T>
bool fits(const Pool2d& /*p*/, View a, View b, View c) {
  return a.shape[3] % kVecWidth<T> == 0 && are_aligned(a, b, c);
}

TAILOR_KERNEL(table(), max_pool2d, f32, "naive", max_pool2d_naive<float>);
TAILOR_KERNEL(table(), max_pool2d, bf16, "naive", max_pool2d_naive<bf16>);
TAILOR_KERNEL(table(), max_pool2d, f32, "vector", max_pool2d_vector<float>, fits<float>);
TAILOR_KERNEL(table(), max_pool2d, bf16, "vector", max_pool2d_vector<bf16>, fits<bf16>);
TAILOR_KERNEL(table(), max_pool2d_backward, f32, "naive", max_pool2d_backward_naive<float>);
TAILOR_KERNEL(table(), max_pool2d_backward, bf16, "naive", max_pool2d_backward_naive<bf16>);
TAILOR_KERNEL(table(), max_pool2d_backward, f32, "vector", max_pool2d_backward_vector<float>,
              fits<float>);
TAILOR_KERNEL(table(), max_pool2d_backward, bf16, "vector", max_pool2d_backward_vector<bf16>,
              fits<bf16>);

}  // namespace
}  // namespace tailor::cuda
