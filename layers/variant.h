// What distinguishes the networks of one name: Keras's from torchvision's, 2015's from today's.
#pragma once

#include <cstdint>

namespace tailor {

/// How pixels become a network's input. torchvision: RGB, (x / 255 - mean) / std; caffe: BGR minus
/// (103.939, 116.779, 123.68); tf: RGB, x / 127.5 - 1.
enum class Preprocessing : uint8_t { torchvision, caffe, tf };

/// Which convolution of a bottleneck halves the picture: the first 1x1 (ResNet v1, He et al. 2015)
/// or the 3x3 (v1.5).
enum class StrideOn : uint8_t { conv1x1, conv3x3 };

struct Variant {
  StrideOn stride_on = StrideOn::conv3x3;
  bool conv_bias = false;    ///< convolutions before a batch norm have a bias, named <conv>.bias
  double epsilon = 1e-5;     ///< of the batch norms
  bool pool_padding = true;  ///< the max pool of the stem pads by 1
  Preprocessing preprocessing = Preprocessing::torchvision;

  friend bool operator==(const Variant&, const Variant&) = default;
};

}  // namespace tailor
