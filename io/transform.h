// From a photo of any size to the pixels of network size, and from those to the network's floats.
#pragma once

#include <cstdint>
#include <span>

#include "io/image.h"
#include "io/resize.h"
#include "layers/variant.h"

namespace tailor::io {

/// What is done to a photo before a network of input size x size x 3 sees it. A value; equal inputs
/// give equal bytes on every machine.
class Transform {
 public:
  /// The transform the network was made with. torchvision: the short side becomes
  /// round(size * 256 / 224), the long side is truncated, the centre is cut out. caffe and tf
  /// (Keras): size x size without regard to the aspect ratio.
  static Transform evaluation(Preprocessing preprocessing, int size);

  /// For training: the short side becomes `size`, a random square of it is cut out and, for one
  /// photo in two, mirrored. The draws come from Philox, keyed by (seed, content hash, view).
  static Transform light(int size, uint64_t seed);

  /// The picture [size, size, 3] of `photo`. `content_hash` and `view` select the random draws; an
  /// evaluation transform ignores them.
  Image operator()(const Image& photo, uint64_t content_hash, uint32_t view) const;

  int size() const { return size_; }

 private:
  enum class Kind { squash, centre_crop, crop_flip };
  Transform(Kind kind, int size, uint64_t seed) : kind_(kind), size_(size), seed_(seed) {}

  Kind kind_;
  int size_;
  uint64_t seed_;
};

/// The network's input for `pixels` [..., 3] RGB, in float32 and in this order: torchvision
/// (x / 255 - mean) / std; caffe BGR minus (103.939, 116.779, 123.68); tf x / 127.5 - 1.
/// `out` has as many values as `pixels`.
void normalize(std::span<const uint8_t> pixels, Preprocessing preprocessing, std::span<float> out);

}  // namespace tailor::io
