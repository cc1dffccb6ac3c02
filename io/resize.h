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

/// Which pixels of a picture are wanted, and how large.
struct Frame {
  Box cut;            ///< of the picture, cut out first: what lies beyond it is not seen
  int64_t width = 0;  ///< that `cut` becomes
  int64_t height = 0;
  Box part;  ///< of what `cut` became, the result; only this part is computed
};

/// `source` must not be empty, `cut` must lie within it, and `part` within width x height.
Image resize(const Image& source, const Frame& frame, Filter filter = Filter::bilinear);

/// All of `source`, which becomes `width` x `height`.
Image resize(const Image& source, int width, int height, Filter filter = Filter::bilinear);

}  // namespace tailor::io
