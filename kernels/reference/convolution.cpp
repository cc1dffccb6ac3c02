// Convolution and its two gradients, straight from
//   y[n, oh, ow, o] = sum over kh, kw, c of x[n, ih, iw, c] * w[o, kh, kw, c],
//   ih = oh * stride_h + kh * dilation_h - pad_top, iw likewise, zero outside.
// With groups, output channel o sees only the input channels of its own group.
#include <vector>

#include "kernels/reference/activation.h"
#include "kernels/reference/reference.h"
#include "kernels/reference/window.h"

namespace tailor {
namespace {

template <class T>
double dot(const T* a, const T* b, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += double(a[i]) * double(b[i]);
  return sum;
}

template <class T>
void add_scaled(double* sums, double scale, const T* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i) sums[i] += scale * double(values[i]);
}

template <class T>
void conv2d(Backend& backend, const Conv2d& p, View x_view, const Weights& w_view,
            const Epilogue& epilogue, View y_view) {
  const T* x = x_view.as<T>();
  const T* w = w_view.plain.as<T>();
  const T* bias = epilogue.bias.as<T>();
  const T* residual = epilogue.residual.as<T>();
  T* y = y_view.as<T>();
  const int64_t batch = x_view.shape[0], height = x_view.shape[1], width = x_view.shape[2];
  const int64_t in = x_view.shape[3], group_in = w_view.plain.shape[3];
  const int64_t kernel_h = w_view.plain.shape[1], kernel_w = w_view.plain.shape[2];
  const int64_t out_h = y_view.shape[1], out_w = y_view.shape[2], out = y_view.shape[3];

  // A row of outputs at a time, so that the weights of one channel serve the whole row from cache.
#pragma omp parallel for collapse(2) num_threads(threads_of(backend))
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t oh = 0; oh < out_h; ++oh) {
      const int64_t top = oh * p.stride_h - p.pad_top;
      const Range rows = clip(top, p.dilation_h, kernel_h, height);
      for (int64_t o = 0; o < out; ++o) {
        const int64_t first_in = o / (out / p.groups) * group_in;
        for (int64_t ow = 0; ow < out_w; ++ow) {
          const int64_t left = ow * p.stride_w - p.pad_left;
          const Range columns = clip(left, p.dilation_w, kernel_w, width);
          double sum = 0;
          for (int64_t kh = rows.begin; kh < rows.end; ++kh) {
            for (int64_t kw = columns.begin; kw < columns.end; ++kw) {
              const int64_t ih = top + kh * p.dilation_h, iw = left + kw * p.dilation_w;
              sum += dot(x + ((n * height + ih) * width + iw) * in + first_in,
                         w + ((o * kernel_h + kh) * kernel_w + kw) * group_in, group_in);
            }
          }
          const int64_t i = ((n * out_h + oh) * out_w + ow) * out + o;
          if (bias != nullptr) sum += double(bias[o]);
          if (residual != nullptr) sum += double(residual[i]);
          y[i] = T(activate(epilogue.activation, sum));
        }
      }
    }
  }
}

// dx[n, ih, iw, c] = sum of dy[n, oh, ow, o] * w[o, kh, kw, c] over all o, kh, kw that used x
// there.
template <class T>
void conv2d_backward_data(Backend& backend, const Conv2d& p, View dy_view, View w_view,
                          View dx_view) {
  const T* dy = dy_view.as<T>();
  const T* w = w_view.as<T>();
  T* dx = dx_view.as<T>();
  const int64_t batch = dx_view.shape[0], height = dx_view.shape[1], width = dx_view.shape[2];
  const int64_t in = dx_view.shape[3], group_in = w_view.shape[3];
  const int64_t kernel_h = w_view.shape[1], kernel_w = w_view.shape[2];
  const int64_t out_h = dy_view.shape[1], out_w = dy_view.shape[2], out = dy_view.shape[3];

#pragma omp parallel for collapse(2) num_threads(threads_of(backend))
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t ih = 0; ih < height; ++ih) {
      std::vector<double> row(size_t(width * in));
      for (int64_t kh = 0; kh < kernel_h; ++kh) {
        const int64_t top = ih + p.pad_top - kh * p.dilation_h;
        const int64_t oh = top / p.stride_h;
        if (top < 0 || top % p.stride_h != 0 || oh >= out_h) continue;
        for (int64_t o = 0; o < out; ++o) {
          const int64_t first_in = o / (out / p.groups) * group_in;
          for (int64_t kw = 0; kw < kernel_w; ++kw) {
            const int64_t left = kw * p.dilation_w - p.pad_left;
            const Range columns = clip(left, p.stride_w, out_w, width);
            for (int64_t ow = columns.begin; ow < columns.end; ++ow) {
              add_scaled(row.data() + (left + ow * p.stride_w) * in + first_in,
                         double(dy[((n * out_h + oh) * out_w + ow) * out + o]),
                         w + ((o * kernel_h + kh) * kernel_w + kw) * group_in, group_in);
            }
          }
        }
      }
      for (int64_t i = 0; i < width * in; ++i) {
        dx[(n * height + ih) * width * in + i] = T(row[size_t(i)]);
      }
    }
  }
}

// dw[o, kh, kw, c] = sum of dy[n, oh, ow, o] * x[n, ih, iw, c] over all n, oh, ow.
template <class T>
void conv2d_backward_filter(Backend& backend, const Conv2d& p, View x_view, View dy_view,
                            View dw_view) {
  const T* x = x_view.as<T>();
  const T* dy = dy_view.as<T>();
  T* dw = dw_view.as<T>();
  const int64_t batch = x_view.shape[0], height = x_view.shape[1], width = x_view.shape[2];
  const int64_t in = x_view.shape[3], group_in = dw_view.shape[3];
  const int64_t kernel_h = dw_view.shape[1], kernel_w = dw_view.shape[2];
  const int64_t out_h = dy_view.shape[1], out_w = dy_view.shape[2], out = dy_view.shape[3];

#pragma omp parallel for collapse(3) num_threads(threads_of(backend))
  for (int64_t o = 0; o < out; ++o) {
    for (int64_t kh = 0; kh < kernel_h; ++kh) {
      for (int64_t kw = 0; kw < kernel_w; ++kw) {
        const int64_t first_in = o / (out / p.groups) * group_in;
        const int64_t top = kh * p.dilation_h - p.pad_top;
        const int64_t left = kw * p.dilation_w - p.pad_left;
        const Range rows = clip(top, p.stride_h, out_h, height);
        const Range columns = clip(left, p.stride_w, out_w, width);
        std::vector<double> sums(size_t(group_in), 0.0);
        for (int64_t n = 0; n < batch; ++n) {
          for (int64_t oh = rows.begin; oh < rows.end; ++oh) {
            for (int64_t ow = columns.begin; ow < columns.end; ++ow) {
              const int64_t ih = top + oh * p.stride_h, iw = left + ow * p.stride_w;
              add_scaled(sums.data(), double(dy[((n * out_h + oh) * out_w + ow) * out + o]),
                         x + ((n * height + ih) * width + iw) * in + first_in, group_in);
            }
          }
        }
        T* result = dw + ((o * kernel_h + kh) * kernel_w + kw) * group_in;
        for (int64_t c = 0; c < group_in; ++c) result[c] = T(sums[size_t(c)]);
      }
    }
  }
}

TAILOR_KERNEL(reference_table(), conv2d, f32, "naive", conv2d<float>);
TAILOR_KERNEL(reference_table(), conv2d, f64, "naive", conv2d<double>);
TAILOR_KERNEL(reference_table(), conv2d_backward_data, f32, "naive", conv2d_backward_data<float>);
TAILOR_KERNEL(reference_table(), conv2d_backward_data, f64, "naive", conv2d_backward_data<double>);
TAILOR_KERNEL(reference_table(), conv2d_backward_filter, f32, "naive",
              conv2d_backward_filter<float>);
TAILOR_KERNEL(reference_table(), conv2d_backward_filter, f64, "naive",
              conv2d_backward_filter<double>);

}  // namespace
}  // namespace tailor
