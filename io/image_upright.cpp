#include "io/image_upright.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace tailor::io {
namespace {

using Pixel = std::array<uint8_t, 3>;
static_assert(sizeof(Pixel) == 3);

// EXIF 2.3, 4.6.4 A, Orientation: which sides of the scene the stored first row and column are.
bool is_turned(int orientation) { return orientation >= 5; }
bool starts_at_bottom(int orientation) {  // the stored first row, or first column when turned
  return orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
}
bool starts_at_right(int orientation) {
  return orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
}

}  // namespace

UprightImage::UprightImage(int width, int height, int orientation)
    : width_(width), height_(height), orientation_(orientation) {
  const bool turned = is_turned(orientation);
  image_.width = turned ? height : width;
  image_.height = turned ? width : height;
  image_.rgb.resize(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  if (turned) turned_.resize(static_cast<size_t>(width) * 3);
}

uint8_t* UprightImage::row(int y) {
  if (is_turned(orientation_)) return turned_.data();
  const int to = starts_at_bottom(orientation_) ? height_ - 1 - y : y;
  return image_.rgb.data() + static_cast<size_t>(to) * static_cast<size_t>(width_) * 3;
}

void UprightImage::finish_row(int y) {
  if (!is_turned(orientation_)) {
    auto* pixels = reinterpret_cast<Pixel*>(row(y));
    if (starts_at_right(orientation_)) std::reverse(pixels, pixels + width_);
    return;
  }
  const auto* from = reinterpret_cast<const Pixel*>(turned_.data());
  auto* column = reinterpret_cast<Pixel*>(image_.rgb.data()) +
                 (starts_at_right(orientation_) ? height_ - 1 - y : y);
  for (int x = 0; x < width_; ++x) {
    const int to = starts_at_bottom(orientation_) ? width_ - 1 - x : x;
    column[static_cast<ptrdiff_t>(to) * height_] = from[x];
  }
}

void UprightImage::put_row(int y, const uint8_t* pixels, int channels) {
  uint8_t* out = row(y);
  if (channels == 3) {
    std::memcpy(out, pixels, static_cast<size_t>(width_) * 3);
  } else {
    const bool has_alpha = channels == 2 || channels == 4;
    const int green = channels > 2 ? 1 : 0;  // offsets within a pixel
    const int blue = channels > 2 ? 2 : 0;
    for (int x = 0; x < width_; ++x, pixels += channels, out += 3) {
      const int alpha = has_alpha ? pixels[channels - 1] : 255;
      out[0] = on_white(pixels[0], alpha);
      out[1] = on_white(pixels[green], alpha);
      out[2] = on_white(pixels[blue], alpha);
    }
  }
  finish_row(y);
}

}  // namespace tailor::io
