#include "io/framing.h"

#include <algorithm>
#include <cmath>

namespace tailor::io {
namespace {

struct Size {
  int64_t width;
  int64_t height;
};

/// Short side to `target`, long side truncated, as torchvision's Resize.
Size with_short_side(int64_t width, int64_t height, int target) {
  if (width <= height) return {target, target * height / width};
  return {target * width / height, target};
}

/// round(value / 2), halves to even, as Python rounds.
int64_t half_to_even(int64_t value) {
  const int64_t half = value / 2;
  return half + (value % 2) * (half % 2);
}

/// As Python rounds: halves to even.
int rounded(double value) { return static_cast<int>(std::lrint(value)); }

/// From 0 to n - 1; only a line of pixels has more places than 2^32.
int64_t place(int64_t n, RandomStream& random) {
  return int64_t{random.below(static_cast<uint32_t>(std::min<int64_t>(n, UINT32_MAX)))};
}

double between(double low, double high, RandomStream& random) {
  return low + (high - low) * static_cast<double>(random.uniform());
}

/// All of `cut` as a square.
Frame as_square(const Box& cut, int size) { return {cut, size, size, {0, 0, size, size}}; }

/// The largest part in the centre whose aspect ratio is allowed, or as near to it as can be.
Box centre_part(int width, int height, const Proportions& proportions) {
  Box part{0, 0, width, height};
  const double aspect = static_cast<double>(width) / height;
  if (aspect < proportions.least_aspect) part.height = rounded(width / proportions.least_aspect);
  if (aspect > proportions.most_aspect) part.width = rounded(height * proportions.most_aspect);
  part.top = (height - part.height) / 2;
  part.left = (width - part.width) / 2;
  return part;
}

}  // namespace

Frame centre(int width, int height, int size, RandomStream& /*random*/) {
  const int short_side = (size * 256 + 112) / 224;
  const auto [wide, high] = with_short_side(width, height, short_side);
  return {{0, 0, width, height},
          wide,
          high,
          {half_to_even(wide - size), half_to_even(high - size), size, size}};
}

Frame whole(int width, int height, int size, RandomStream& /*random*/) {
  return as_square({0, 0, width, height}, size);
}

Frame random_square(int width, int height, int size, RandomStream& random) {
  const auto [wide, high] = with_short_side(width, height, size);
  const int64_t top = place(high - size + 1, random);
  const int64_t left = place(wide - size + 1, random);
  return {{0, 0, width, height}, wide, high, {left, top, size, size}};
}

Frame random_area(int width, int height, int size, RandomStream& random) {
  constexpr Proportions kProportions{0.35, 1, 3.0 / 4, 4.0 / 3};
  const std::optional<Box> part = random_part(width, height, kProportions, random);
  return as_square(part ? *part : centre_part(width, height, kProportions), size);
}

std::optional<Box> random_part(int width, int height, const Proportions& proportions,
                               RandomStream& random) {
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    const double area = static_cast<double>(width) * height *
                        between(proportions.least_area, proportions.most_area, random);
    const double aspect = std::exp(
        between(std::log(proportions.least_aspect), std::log(proportions.most_aspect), random));
    const int wide = rounded(std::sqrt(area * aspect)), high = rounded(std::sqrt(area / aspect));
    if (wide < 1 || wide > width - proportions.left_over) continue;
    if (high < 1 || high > height - proportions.left_over) continue;
    const int64_t top = place(height - high + 1, random);
    const int64_t left = place(width - wide + 1, random);
    return Box{left, top, wide, high};
  }
  return std::nullopt;
}

}  // namespace tailor::io
