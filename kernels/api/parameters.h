// The parameters of the operations. Names and meanings are PyTorch's.
#pragma once

#include <cstdint>

#include "kernels/api/philox.h"
#include "kernels/api/view.h"

namespace tailor {

enum class Activation : uint8_t { none, relu, relu6, sigmoid };

/// Cross-correlation of x [N, H, W, in] with w [out, kh, kw, in / groups]; padding is zeros.
struct Conv2d {
  int stride_h = 1, stride_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int dilation_h = 1, dilation_w = 1;
  int groups = 1;

  int64_t out_height(int64_t height, int64_t kernel) const {
    return (height + pad_top + pad_bottom - (dilation_h * (kernel - 1) + 1)) / stride_h + 1;
  }
  int64_t out_width(int64_t width, int64_t kernel) const {
    return (width + pad_left + pad_right - (dilation_w * (kernel - 1) + 1)) / stride_w + 1;
  }
  friend bool operator==(const Conv2d&, const Conv2d&) = default;
};

/// Max pooling pads with -inf; average pooling with zeros, counted in the divisor or not.
/// An incomplete last window is dropped.
struct Pool2d {
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  bool count_include_pad = true;

  int64_t out_height(int64_t height) const {
    return (height + pad_top + pad_bottom - kernel_h) / stride_h + 1;
  }
  int64_t out_width(int64_t width) const {
    return (width + pad_left + pad_right - kernel_w) / stride_w + 1;
  }
  friend bool operator==(const Pool2d&, const Pool2d&) = default;
};

/// What happens to a product before it is stored: y = activation(product + bias + residual). Here
/// an activation may turn a NaN into 0.
struct Epilogue {
  View bias;      ///< [out], or not given
  View residual;  ///< y's shape, may be y itself; or not given
  Activation activation = Activation::none;
};

/// y [M, N] = op(a) op(b), where op transposes the stored matrix or not; with a leading batch
/// extent on all three, one product each.
struct Matmul {
  bool transpose_a = false;
  bool transpose_b = false;
};

/// y = activation((x - mean) / sqrt(var + eps) * weight + bias + residual), by channel
/// (Ioffe and Szegedy, "Batch normalization", 2015). Running statistics move by
/// running = (1 - momentum) running + momentum batch, with the unbiased batch variance.
struct BatchNorm {
  double eps = 1e-5;
  double momentum = 0.1;
  Activation activation = Activation::none;  ///< none, relu or relu6
};

/// Each element is zeroed with probability p, the others are scaled by 1 / (1 - p). Element i is
/// kept when uniform_at(random, i) >= p (f32).
struct Dropout {
  double p = 0.5;
  RandomKey random{.seed = 0, .stream = Stream::dropout};
};

/// Mean cross-entropy over the batch with soft targets (1 - s) onehot + s / classes; with class
/// weights c: sum_n sum_k c_k target_nk (-log p_nk) / sum_n c_label(n).
struct CrossEntropy {
  double label_smoothing = 0;
};

/// One update of stochastic gradient descent as PyTorch defines it (no dampening).
struct Sgd {
  double lr = 0;
  double momentum = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool first_step = true;  ///< the momentum buffer starts as the gradient
};

/// One update of Adam (Kingma and Ba, 2015), or AdamW (Loshchilov and Hutter, 2019) when the
/// weight decay is decoupled from the gradient.
struct Adam {
  double lr = 0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;
  int64_t step = 1;  ///< from 1, for the bias correction
};

}  // namespace tailor
