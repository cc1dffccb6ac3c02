// Antialiased resizing, equal to Pillow 11.3's Image.resize byte for byte.
#pragma once

#include <cstdint>

#include "io/image.h"

namespace tailor::io {

enum class Filter { bilinear, bicubic };

/// A rectangle in a picture, in pixels. 64 bits, since the resized picture that a crop is cut from
/// need not fit in memory.
struct Box {
  int64_t left = 0;
  int64_t top = 0;
  int width = 0;
  int height = 0;
};

/// The part `box` of `source` resized to `width` x `height`; only that part is computed.
/// `source` must not be empty and `box` must lie within the resized picture.
Image resize_crop(const Image& source, int64_t width, int64_t height, const Box& box,
                  Filter filter = Filter::bilinear);

/// `source` resized to `width` x `height`.
Image resize(const Image& source, int width, int height, Filter filter = Filter::bilinear);

}  // namespace tailor::io
