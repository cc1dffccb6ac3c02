// The parameters of the operations. Names and meanings are PyTorch's.
#pragma once

#include <array>
#include <cstdint>
#include <span>

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

/// One change of a photo's colours as torchvision makes it on 8-bit pictures, to the byte.
/// brightness, contrast, saturation: b + factor (x - b) in f32, clipped to 0..255, truncated, where
/// b is 0, the rounded mean grey of the photo, or the grey of the pixel. hue: the factor is a part
/// of the circle of colours, from -0.5 to 0.5; a picture makes the trip through 8-bit HSV even by
/// 0.
struct ColourStep {
  enum class Kind : uint8_t { none, brightness, contrast, saturation, hue };
  Kind kind = Kind::none;
  float factor = 1;

  /// What is added to an 8-bit hue, modulo 256.
  int hue_shift() const { return static_cast<int>(static_cast<double>(factor) * 255); }
  friend bool operator==(const ColourStep&, const ColourStep&) = default;
};

/// Pixels of a picture; none where height or width is 0.
struct Rectangle {
  int top = 0, left = 0;
  int height = 0, width = 0;

  friend bool operator==(const Rectangle&, const Rectangle&) = default;
};

/// What is done to one photo, in this order.
struct PhotoChange {
  bool flip = false;                    ///< left and right change places
  std::array<ColourStep, 4> colours{};  ///< from the first to the last
  Rectangle erase;                      ///< gets one colour

  friend bool operator==(const PhotoChange&, const PhotoChange&) = default;
};

/// How a byte of each channel becomes a network's number, in f32: (x / scale - mean) / std.
struct Normalize {
  float scale = 1;
  std::array<float, 3> mean{};  ///< in the order of the result's channels
  std::array<float, 3> std{1, 1, 1};
  bool bgr = false;  ///< the result's channels are blue, green, red

  /// `channel`: of the result.
  float operator()(size_t channel, uint8_t x) const {
    return (static_cast<float>(x) / scale - mean[channel]) / std[channel];
  }
};

/// What augmentation does to a batch of photos.
struct Augment {
  std::span<const PhotoChange> photos;  ///< one each, in the host's memory
  std::array<uint8_t, 3> fill{};        ///< of what is erased: red, green, blue
  Normalize normalize{};                ///< of a result in f32 or bf16
};

}  // namespace tailor
