#include "io/transform.h"

#include <algorithm>
#include <array>

#include "kernels/api/error.h"
#include "kernels/api/philox.h"

namespace tailor::io {
namespace {

struct Size {
  int64_t width;
  int64_t height;
};

/// Short side to `target`, long side truncated, as torchvision's Resize.
Size with_short_side(const Image& photo, int target) {
  const int64_t width = photo.width;
  const int64_t height = photo.height;
  if (width <= height) return {target, target * height / width};
  return {target * width / height, target};
}

/// round(value / 2), halves to even, as Python rounds.
int64_t half_to_even(int64_t value) {
  const int64_t half = value / 2;
  return half + (value % 2) * (half % 2);
}

Image centre_crop(const Image& photo, int size) {
  const int short_side = (size * 256 + 112) / 224;
  const auto [width, height] = with_short_side(photo, short_side);
  return resize_crop(photo, width, height,
                     {half_to_even(width - size), half_to_even(height - size), size, size});
}

void mirror(Image& image) {
  using Pixel = std::array<uint8_t, 3>;
  static_assert(sizeof(Pixel) == 3);
  auto* pixels = reinterpret_cast<Pixel*>(image.rgb.data());
  for (int y = 0; y < image.height; ++y, pixels += image.width) {
    std::reverse(pixels, pixels + image.width);
  }
}

Image random_crop_flip(const Image& photo, int size, RandomStream random) {
  const auto [width, height] = with_short_side(photo, size);
  const auto draw = [&](int64_t n) {  // only a line of pixels has more places than 2^32
    return int64_t{random.below(static_cast<uint32_t>(std::min<int64_t>(n, UINT32_MAX)))};
  };
  const int64_t top = draw(height - size + 1);
  const int64_t left = draw(width - size + 1);
  Image image = resize_crop(photo, width, height, {left, top, size, size});
  if (random.uniform() < 0.5F) mirror(image);
  return image;
}

/// The float of each of the 256 values in each channel of the output.
using Table = std::array<std::array<float, 256>, 3>;

Table table_of(Preprocessing preprocessing) {
  constexpr std::array kMean = {0.485F, 0.456F, 0.406F};  // ImageNet's, RGB
  constexpr std::array kStd = {0.229F, 0.224F, 0.225F};
  constexpr std::array kCaffeMean = {103.939F, 116.779F, 123.68F};  // BGR
  Table table;
  for (size_t c = 0; c < 3; ++c) {
    for (size_t value = 0; value < 256; ++value) {
      const auto x = static_cast<float>(value);
      switch (preprocessing) {
        case Preprocessing::torchvision:
          table[c][value] = (x / 255.0F - kMean[c]) / kStd[c];
          break;
        case Preprocessing::caffe:
          table[c][value] = x - kCaffeMean[c];
          break;
        case Preprocessing::tf:
          table[c][value] = x / 127.5F - 1.0F;
          break;
      }
    }
  }
  return table;
}

}  // namespace

Transform Transform::evaluation(Preprocessing preprocessing, int size) {
  return {preprocessing == Preprocessing::torchvision ? Kind::centre_crop : Kind::squash, size, 0};
}

Transform Transform::light(int size, uint64_t seed) { return {Kind::crop_flip, size, seed}; }

Image Transform::operator()(const Image& photo, uint64_t content_hash, uint32_t view) const {
  switch (kind_) {
    case Kind::squash:
      return resize(photo, size_, size_);
    case Kind::centre_crop:
      return centre_crop(photo, size_);
    case Kind::crop_flip:
      break;
  }
  return random_crop_flip(photo, size_, RandomStream(seed_, Stream::augment, content_hash, view));
}

void normalize(std::span<const uint8_t> pixels, Preprocessing preprocessing, std::span<float> out) {
  if (pixels.size() % 3 != 0 || out.size() != pixels.size()) {
    throw Error("normalize: expected as many floats as bytes, three a pixel, got {} for {}",
                out.size(), pixels.size());
  }
  const Table table = table_of(preprocessing);
  const bool bgr = preprocessing == Preprocessing::caffe;
  const size_t first = bgr ? 2 : 0;
  const size_t last = bgr ? 0 : 2;
  for (size_t i = 0; i < pixels.size(); i += 3) {
    out[i] = table[0][pixels[i + first]];
    out[i + 1] = table[1][pixels[i + 1]];
    out[i + 2] = table[2][pixels[i + last]];
  }
}

}  // namespace tailor::io
