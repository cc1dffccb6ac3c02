// What the kernels of convolutions share: x [N, H, W, in], w [out, kh, kw, in / groups],
// y [N, OH, OW, out].
#pragma once

#include "kernels/cuda/product.h"

namespace tailor::cuda {

/// The extents of a convolution, for kernels.
struct Geometry {
  int batch, height, width, in;    ///< of x
  int out_height, out_width, out;  ///< of y
  int kernel_h, kernel_w;
  int group_in, group_out;  ///< channels of one group

  Geometry(const Conv2d& p, const Shape& x, const Shape& w, const Shape& y)
      : batch(static_cast<int>(x[0])),
        height(static_cast<int>(x[1])),
        width(static_cast<int>(x[2])),
        in(static_cast<int>(x[3])),
        out_height(static_cast<int>(y[1])),
        out_width(static_cast<int>(y[2])),
        out(static_cast<int>(y[3])),
        kernel_h(static_cast<int>(w[1])),
        kernel_w(static_cast<int>(w[2])),
        group_in(in / p.groups),
        group_out(out / p.groups) {}

  constexpr int64_t in_pixels() const { return int64_t{batch} * height * width; }
  constexpr int64_t out_pixels() const { return int64_t{batch} * out_height * out_width; }
  constexpr int taps() const { return kernel_h * kernel_w; }
};

/// The ladder's steps (product.h): products of matrices that are never written down. In
/// convolution_forward.cu, convolution_data.cu and convolution_filter.cu.
template <Step kStep, class T>
void conv2d_step(Backend& backend, const Conv2d& p, View x, const Weights& w, const Epilogue& e,
                 View y);
template <Step kStep, class T>
void backward_data_step(Backend& backend, const Conv2d& p, View dy, View w, View dx);
template <Step kStep, class T>
void backward_filter_step(Backend& backend, const Conv2d& p, View x, View dy, View dw);

/// "depthwise", in depthwise.cu: each channel has a group of its own.
bool depthwise_takes(const Conv2d& p, View x, View w, View y);
template <class T>
void conv2d_depthwise(Backend& backend, const Conv2d& p, View x, const Weights& w,
                      const Epilogue& e, View y);
template <class T>
void backward_data_depthwise(Backend& backend, const Conv2d& p, View dy, View w, View dx);
template <class T>
void backward_filter_depthwise(Backend& backend, const Conv2d& p, View x, View dy, View dw);

}  // namespace tailor::cuda
