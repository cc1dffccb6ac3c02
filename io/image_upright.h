// How do rows, as a file stores them, become an upright RGB picture on white?
#pragma once

#include <cstdint>
#include <vector>

#include "io/image.h"

namespace tailor::io {

/// `colour` with opacity `alpha`, both 0..255, on a white ground.
inline uint8_t on_white(int colour, int alpha) {
  return static_cast<uint8_t>((alpha * colour + (255 - alpha) * 255) / 255);
}

/// A picture that is filled in the order of its file and comes out upright.
class UprightImage {
 public:
  /// For `width` x `height` pixels as stored; `orientation` is EXIF's 1 to 8 (tag 0x0112).
  UprightImage(int width, int height, int orientation);

  /// Room for stored row y, [width, 3]; then finish_row(y) puts it where it belongs. Neither throws
  /// nor takes memory.
  uint8_t* row(int y);
  void finish_row(int y);

  /// Both at once, from 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels.
  void put_row(int y, const uint8_t* pixels, int channels);

  Image take() { return std::move(image_); }

 private:
  int width_;
  int height_;
  int orientation_;
  Image image_;
  std::vector<uint8_t> turned_;  ///< a row that becomes a column
};

}  // namespace tailor::io
