// From a photo of any size to the pixels of network size, and from those to the network's floats.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "io/augmentation.h"
#include "io/image.h"
#include "layers/variant.h"

namespace tailor::io {

/// What is done to a photo before a network of input size x size x 3 sees it. A value; equal inputs
/// give equal bytes on every machine, whichever thread asks.
class Transform {
 public:
  /// The framing the network was made with: centre for torchvision, whole for caffe and tf (Keras).
  static Transform evaluation(Preprocessing preprocessing, int size);

  /// For training, by the set's name ("none" is evaluation). The draws come from Philox, keyed by
  /// (seed, content hash, view), in this order: the framing's, then draw_change's. What is erased
  /// gets the colour nearest to the network's 0. Throws Error for an unknown set.
  static Transform training(std::string_view set, Preprocessing preprocessing, int size,
                            uint64_t seed);

  /// The picture [size, size, 3] of `photo`. `content_hash` and `view` select the random draws.
  Image operator()(const Image& photo, uint64_t content_hash, uint32_t view) const;

  int size() const { return size_; }

 private:
  Transform(const Augmentation& set, Preprocessing preprocessing, int size, uint64_t seed);

  Augmentation set_;
  std::array<uint8_t, 3> fill_;
  int size_;
  uint64_t seed_;
};

/// The network's input for `pixels` [..., 3] RGB, in float32 and in this order: torchvision
/// (x / 255 - mean) / std; caffe BGR minus (103.939, 116.779, 123.68); tf x / 127.5 - 1.
/// `out` has as many values as `pixels`.
void normalize(std::span<const uint8_t> pixels, Preprocessing preprocessing, std::span<float> out);

}  // namespace tailor::io
