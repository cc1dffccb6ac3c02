// Max, average and global average pooling. Each output pixel is gathered from the pixels it depends
// on, all channels at a time: no two threads write to one place.
#include "kernels/cpu/loops.h"

namespace tailor::cpu {
namespace {

/// The integers from begin to end - 1.
struct Span {
  int64_t begin;
  int64_t end;
  int64_t size() const { return end - begin; }
};

/// The rows (or columns) of the input inside window `at`.
Span window(int64_t at, int stride, int pad, int kernel, int64_t extent) {
  const int64_t start = at * stride - pad;
  return {std::max<int64_t>(0, start), std::min(extent, start + kernel)};
}

/// The windows that row (or column) `at` of the input lies in.
Span windows_over(int64_t at, int stride, int pad, int kernel, int64_t windows) {
  const int64_t first = at + pad - kernel + 1;
  return {first <= 0 ? 0 : (first + stride - 1) / stride,
          std::min(windows, (at + pad) / stride + 1)};
}

/// Calls f(image, row) on all rows of pixels of [N, H, W, C]. f may not throw.
template <class F>
void for_pixel_rows(Backend& backend, const Shape& s, const F& f) {
  for_parts(backend, s[0] * s[1], 1, [&](int64_t row, int64_t) { f(row / s[1], row % s[1]); });
}

TAILOR_VECTORIZED void maximum(const float* x, int64_t channels, float* best) {
#pragma omp simd
  for (int64_t c = 0; c < channels; ++c) {
    // A NaN stays: nothing compares greater than it.
    best[c] = x[c] > best[c] || x[c] != x[c] ? x[c] : best[c];
  }
}

// The first maximum keeps its place, and so does the first NaN.
TAILOR_VECTORIZED void maximum_at(const float* x, int32_t here, int64_t channels, float* best,
                                  int32_t* at) {
#pragma omp simd
  for (int64_t c = 0; c < channels; ++c) {
    const bool larger = x[c] > best[c] || (x[c] != x[c] && best[c] == best[c]);
    best[c] = larger ? x[c] : best[c];
    at[c] = larger ? here : at[c];
  }
}

void max_pool2d(Backend& backend, const Pool2d& p, View x, View y, View indices) {
  const int64_t height = x.shape[1], width = x.shape[2], channels = x.shape[3];
  const int64_t out_h = y.shape[1], out_w = y.shape[2];
  for_pixel_rows(backend, y.shape, [&](int64_t n, int64_t oh) {
    const float* image = x.as<float>() + n * height * width * channels;
    const Span rows = window(oh, p.stride_h, p.pad_top, p.kernel_h, height);
    for (int64_t ow = 0; ow < out_w; ++ow) {
      const Span columns = window(ow, p.stride_w, p.pad_left, p.kernel_w, width);
      const int64_t first = rows.begin * width + columns.begin;
      const int64_t out = ((n * out_h + oh) * out_w + ow) * channels;
      float* best = y.as<float>() + out;
      int32_t* at = indices ? indices.as<int32_t>() + out : nullptr;
      std::copy_n(image + first * channels, channels, best);
      if (at != nullptr) std::fill_n(at, channels, static_cast<int32_t>(first));
      for (int64_t h = rows.begin; h < rows.end; ++h) {
        for (int64_t w = columns.begin; w < columns.end; ++w) {
          const int64_t here = h * width + w;
          if (at != nullptr) {
            maximum_at(image + here * channels, static_cast<int32_t>(here), channels, best, at);
          } else {
            maximum(image + here * channels, channels, best);
          }
        }
      }
    }
  });
}

TAILOR_VECTORIZED void add_where(const float* dy, const int32_t* at, int32_t here, int64_t channels,
                                 float* dx) {
#pragma omp simd
  for (int64_t c = 0; c < channels; ++c) dx[c] += at[c] == here ? dy[c] : 0;
}

void max_pool2d_backward(Backend& backend, const Pool2d& p, View dy, View indices, View dx) {
  const int64_t height = dx.shape[1], width = dx.shape[2], channels = dx.shape[3];
  const int64_t out_h = dy.shape[1], out_w = dy.shape[2];
  for_pixel_rows(backend, dx.shape, [&](int64_t n, int64_t h) {
    const Span rows = windows_over(h, p.stride_h, p.pad_top, p.kernel_h, out_h);
    for (int64_t w = 0; w < width; ++w) {
      const Span columns = windows_over(w, p.stride_w, p.pad_left, p.kernel_w, out_w);
      float* sum = dx.as<float>() + ((n * height + h) * width + w) * channels;
      std::fill_n(sum, channels, 0.0F);
      for (int64_t oh = rows.begin; oh < rows.end; ++oh) {
        for (int64_t ow = columns.begin; ow < columns.end; ++ow) {
          const int64_t out = ((n * out_h + oh) * out_w + ow) * channels;
          add_where(dy.as<float>() + out, indices.as<int32_t>() + out,
                    static_cast<int32_t>(h * width + w), channels, sum);
        }
      }
    }
  });
}

TAILOR_VECTORIZED void add_to(const float* x, int64_t channels, float* sum) {
#pragma omp simd
  for (int64_t c = 0; c < channels; ++c) sum[c] += x[c];
}

TAILOR_VECTORIZED void divide(const float* x, float divisor, int64_t channels, float* y) {
#pragma omp simd
  for (int64_t c = 0; c < channels; ++c) y[c] = x[c] / divisor;
}

TAILOR_VECTORIZED void add_quotient(const float* x, float divisor, int64_t channels, float* sum) {
#pragma omp simd
  for (int64_t c = 0; c < channels; ++c) sum[c] += x[c] / divisor;
}

/// How many numbers the average over a window is taken of.
float divisor(const Pool2d& p, const Span& rows, const Span& columns) {
  return static_cast<float>(p.count_include_pad ? int64_t{p.kernel_h} * p.kernel_w
                                                : rows.size() * columns.size());
}

void avg_pool2d(Backend& backend, const Pool2d& p, View x, View y) {
  const int64_t height = x.shape[1], width = x.shape[2], channels = x.shape[3];
  const int64_t out_h = y.shape[1], out_w = y.shape[2];
  for_pixel_rows(backend, y.shape, [&](int64_t n, int64_t oh) {
    const Span rows = window(oh, p.stride_h, p.pad_top, p.kernel_h, height);
    for (int64_t ow = 0; ow < out_w; ++ow) {
      const Span columns = window(ow, p.stride_w, p.pad_left, p.kernel_w, width);
      float* sum = y.as<float>() + ((n * out_h + oh) * out_w + ow) * channels;
      std::fill_n(sum, channels, 0.0F);
      for (int64_t h = rows.begin; h < rows.end; ++h) {
        for (int64_t w = columns.begin; w < columns.end; ++w) {
          add_to(x.as<float>() + ((n * height + h) * width + w) * channels, channels, sum);
        }
      }
      divide(sum, divisor(p, rows, columns), channels, sum);
    }
  });
}

void avg_pool2d_backward(Backend& backend, const Pool2d& p, View dy, View dx) {
  const int64_t height = dx.shape[1], width = dx.shape[2], channels = dx.shape[3];
  const int64_t out_h = dy.shape[1], out_w = dy.shape[2];
  for_pixel_rows(backend, dx.shape, [&](int64_t n, int64_t h) {
    const Span rows = windows_over(h, p.stride_h, p.pad_top, p.kernel_h, out_h);
    for (int64_t w = 0; w < width; ++w) {
      const Span columns = windows_over(w, p.stride_w, p.pad_left, p.kernel_w, out_w);
      float* sum = dx.as<float>() + ((n * height + h) * width + w) * channels;
      std::fill_n(sum, channels, 0.0F);
      for (int64_t oh = rows.begin; oh < rows.end; ++oh) {
        const Span window_rows = window(oh, p.stride_h, p.pad_top, p.kernel_h, height);
        for (int64_t ow = columns.begin; ow < columns.end; ++ow) {
          const Span window_columns = window(ow, p.stride_w, p.pad_left, p.kernel_w, width);
          add_quotient(dy.as<float>() + ((n * out_h + oh) * out_w + ow) * channels,
                       divisor(p, window_rows, window_columns), channels, sum);
        }
      }
    }
  });
}

void global_avg_pool(Backend& backend, View x, View y) {
  const int64_t pixels = x.shape[1] * x.shape[2], channels = x.shape[3];
  for_parts(backend, x.shape[0], 1, [&](int64_t n, int64_t) {
    const float* image = x.as<float>() + n * pixels * channels;
    float* mean = y.as<float>() + n * channels;
    std::fill_n(mean, channels, 0.0F);
    for (int64_t i = 0; i < pixels; ++i) add_to(image + i * channels, channels, mean);
    divide(mean, static_cast<float>(pixels), channels, mean);
  });
}

void global_avg_pool_backward(Backend& backend, View dy, View dx) {
  const int64_t pixels = dx.shape[1] * dx.shape[2], channels = dx.shape[3];
  for_parts(backend, dx.shape[0], 1, [&](int64_t n, int64_t) {
    const float* gradient = dy.as<float>() + n * channels;
    float* image = dx.as<float>() + n * pixels * channels;
    for (int64_t i = 0; i < pixels; ++i) {
      divide(gradient, static_cast<float>(pixels), channels, image + i * channels);
    }
  });
}

TAILOR_KERNEL(cpu_table(), max_pool2d, f32, "vector", max_pool2d);
TAILOR_KERNEL(cpu_table(), max_pool2d_backward, f32, "vector", max_pool2d_backward);
TAILOR_KERNEL(cpu_table(), avg_pool2d, f32, "vector", avg_pool2d);
TAILOR_KERNEL(cpu_table(), avg_pool2d_backward, f32, "vector", avg_pool2d_backward);
TAILOR_KERNEL(cpu_table(), global_avg_pool, f32, "vector", global_avg_pool);
TAILOR_KERNEL(cpu_table(), global_avg_pool_backward, f32, "vector", global_avg_pool_backward);

}  // namespace
}  // namespace tailor::cpu
