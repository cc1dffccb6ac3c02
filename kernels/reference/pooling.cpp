// Max, average and global average pooling.
#include <cmath>

#include "kernels/reference/reference.h"
#include "kernels/reference/window.h"

namespace tailor {
namespace {

template <class T>
void max_pool2d(Backend& backend, const Pool2d& p, View x_view, View y_view, View indices) {
  const T* x = x_view.as<T>();
  const int64_t batch = x_view.shape[0], height = x_view.shape[1], width = x_view.shape[2];
  const int64_t out_h = y_view.shape[1], out_w = y_view.shape[2], channels = y_view.shape[3];

#pragma omp parallel for collapse(2) num_threads(threads_of(backend))
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t oh = 0; oh < out_h; ++oh) {
      for (int64_t ow = 0; ow < out_w; ++ow) {
        for (int64_t c = 0; c < channels; ++c) {
          const int64_t top = oh * p.stride_h - p.pad_top, left = ow * p.stride_w - p.pad_left;
          const Range rows = clip(top, 1, p.kernel_h, height);
          const Range columns = clip(left, 1, p.kernel_w, width);
          int64_t best = (top + rows.begin) * width + left + columns.begin;
          for (int64_t kh = rows.begin; kh < rows.end; ++kh) {
            for (int64_t kw = columns.begin; kw < columns.end; ++kw) {
              const int64_t here = (top + kh) * width + left + kw;
              const T value = x[(n * height * width + here) * channels + c];
              const T maximum = x[(n * height * width + best) * channels + c];
              if (value > maximum || (std::isnan(value) && !std::isnan(maximum))) best = here;
            }
          }
          const int64_t i = ((n * out_h + oh) * out_w + ow) * channels + c;
          y_view.as<T>()[i] = x[(n * height * width + best) * channels + c];
          if (indices) indices.as<int32_t>()[i] = int32_t(best);
        }
      }
    }
  }
}

// Each input collects from the windows it lies in: window oh begins at oh * stride - pad.
Range windows_over(int64_t at, int stride, int kernel, int pad, int64_t windows) {
  const int64_t from = at + pad - kernel + 1;
  return {from <= 0 ? 0 : (from + stride - 1) / stride, std::min(windows, (at + pad) / stride + 1)};
}

template <class T>
void max_pool2d_backward(Backend& backend, const Pool2d& p, View dy, View indices, View dx) {
  const int64_t batch = dx.shape[0], height = dx.shape[1], width = dx.shape[2];
  const int64_t out_h = dy.shape[1], out_w = dy.shape[2], channels = dy.shape[3];

#pragma omp parallel for collapse(2) num_threads(threads_of(backend))
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t ih = 0; ih < height; ++ih) {
      for (int64_t iw = 0; iw < width; ++iw) {
        const Range rows = windows_over(ih, p.stride_h, p.kernel_h, p.pad_top, out_h);
        const Range columns = windows_over(iw, p.stride_w, p.kernel_w, p.pad_left, out_w);
        for (int64_t c = 0; c < channels; ++c) {
          double sum = 0;
          for (int64_t oh = rows.begin; oh < rows.end; ++oh) {
            for (int64_t ow = columns.begin; ow < columns.end; ++ow) {
              const int64_t i = ((n * out_h + oh) * out_w + ow) * channels + c;
              if (indices.as<int32_t>()[i] == ih * width + iw) sum += double(dy.as<T>()[i]);
            }
          }
          dx.as<T>()[((n * height + ih) * width + iw) * channels + c] = T(sum);
        }
      }
    }
  }
}

// How many numbers the average of a window is taken over.
double divisor(const Pool2d& p, const Range& rows, const Range& columns) {
  if (p.count_include_pad) return double(p.kernel_h) * double(p.kernel_w);
  return double(rows.end - rows.begin) * double(columns.end - columns.begin);
}

template <class T>
void avg_pool2d(Backend& backend, const Pool2d& p, View x, View y) {
  const int64_t batch = x.shape[0], height = x.shape[1], width = x.shape[2];
  const int64_t out_h = y.shape[1], out_w = y.shape[2], channels = y.shape[3];

#pragma omp parallel for collapse(2) num_threads(threads_of(backend))
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t oh = 0; oh < out_h; ++oh) {
      for (int64_t ow = 0; ow < out_w; ++ow) {
        const int64_t top = oh * p.stride_h - p.pad_top, left = ow * p.stride_w - p.pad_left;
        const Range rows = clip(top, 1, p.kernel_h, height);
        const Range columns = clip(left, 1, p.kernel_w, width);
        for (int64_t c = 0; c < channels; ++c) {
          double sum = 0;
          for (int64_t kh = rows.begin; kh < rows.end; ++kh) {
            for (int64_t kw = columns.begin; kw < columns.end; ++kw) {
              const int64_t pixel = (n * height + top + kh) * width + left + kw;
              sum += double(x.as<T>()[pixel * channels + c]);
            }
          }
          y.as<T>()[((n * out_h + oh) * out_w + ow) * channels + c] =
              T(sum / divisor(p, rows, columns));
        }
      }
    }
  }
}

template <class T>
void avg_pool2d_backward(Backend& backend, const Pool2d& p, View dy, View dx) {
  const int64_t batch = dx.shape[0], height = dx.shape[1], width = dx.shape[2];
  const int64_t out_h = dy.shape[1], out_w = dy.shape[2], channels = dy.shape[3];

#pragma omp parallel for collapse(2) num_threads(threads_of(backend))
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t ih = 0; ih < height; ++ih) {
      for (int64_t iw = 0; iw < width; ++iw) {
        const Range rows = windows_over(ih, p.stride_h, p.kernel_h, p.pad_top, out_h);
        const Range columns = windows_over(iw, p.stride_w, p.kernel_w, p.pad_left, out_w);
        for (int64_t c = 0; c < channels; ++c) {
          double sum = 0;
          for (int64_t oh = rows.begin; oh < rows.end; ++oh) {
            for (int64_t ow = columns.begin; ow < columns.end; ++ow) {
              const Range taken_h = clip(oh * p.stride_h - p.pad_top, 1, p.kernel_h, height);
              const Range taken_w = clip(ow * p.stride_w - p.pad_left, 1, p.kernel_w, width);
              const int64_t i = ((n * out_h + oh) * out_w + ow) * channels + c;
              sum += double(dy.as<T>()[i]) / divisor(p, taken_h, taken_w);
            }
          }
          dx.as<T>()[((n * height + ih) * width + iw) * channels + c] = T(sum);
        }
      }
    }
  }
}

template <class T>
void global_avg_pool(Backend& backend, View x, View y) {
  const int64_t batch = x.shape[0], pixels = x.shape[1] * x.shape[2], channels = x.shape[3];
#pragma omp parallel for collapse(2) num_threads(threads_of(backend))
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t c = 0; c < channels; ++c) {
      double sum = 0;
      for (int64_t i = 0; i < pixels; ++i) {
        sum += double(x.as<T>()[(n * pixels + i) * channels + c]);
      }
      y.as<T>()[n * channels + c] = T(sum / double(pixels));
    }
  }
}

template <class T>
void global_avg_pool_backward(Backend& backend, View dy, View dx) {
  const int64_t batch = dx.shape[0], pixels = dx.shape[1] * dx.shape[2], channels = dx.shape[3];
#pragma omp parallel for collapse(2) num_threads(threads_of(backend))
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t i = 0; i < pixels; ++i) {
      for (int64_t c = 0; c < channels; ++c) {
        dx.as<T>()[(n * pixels + i) * channels + c] =
            T(double(dy.as<T>()[n * channels + c]) / double(pixels));
      }
    }
  }
}

TAILOR_KERNEL(reference_table(), max_pool2d, f32, "naive", max_pool2d<float>);
TAILOR_KERNEL(reference_table(), max_pool2d, f64, "naive", max_pool2d<double>);
TAILOR_KERNEL(reference_table(), max_pool2d_backward, f32, "naive", max_pool2d_backward<float>);
TAILOR_KERNEL(reference_table(), max_pool2d_backward, f64, "naive", max_pool2d_backward<double>);
TAILOR_KERNEL(reference_table(), avg_pool2d, f32, "naive", avg_pool2d<float>);
TAILOR_KERNEL(reference_table(), avg_pool2d, f64, "naive", avg_pool2d<double>);
TAILOR_KERNEL(reference_table(), avg_pool2d_backward, f32, "naive", avg_pool2d_backward<float>);
TAILOR_KERNEL(reference_table(), avg_pool2d_backward, f64, "naive", avg_pool2d_backward<double>);
TAILOR_KERNEL(reference_table(), global_avg_pool, f32, "naive", global_avg_pool<float>);
TAILOR_KERNEL(reference_table(), global_avg_pool, f64, "naive", global_avg_pool<double>);
TAILOR_KERNEL(reference_table(), global_avg_pool_backward, f32, "naive",
              global_avg_pool_backward<float>);
TAILOR_KERNEL(reference_table(), global_avg_pool_backward, f64, "naive",
              global_avg_pool_backward<double>);

}  // namespace
}  // namespace tailor
