// The sets of random changes that training can show a network, by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/framing.h"
#include "kernels/api/parameters.h"

namespace tailor::io {

/// What is drawn anew each time that a photo is seen.
struct Augmentation {
  std::string_view name;
  Framing framing = nullptr;  ///< none: that of evaluation
  float flip = 0;             ///< probability of being mirrored
  /// Widths of torchvision's ColorJitter: a factor is drawn from 1 - width to 1 + width, of hue
  /// from -width to width.
  struct Jitter {
    float brightness = 0, contrast = 0, saturation = 0, hue = 0;
  };
  Jitter jitter{};  ///< all of them or none
  float erase = 0;  ///< probability that a part is erased
};

/// "none", "light", "standard", "occlusion"
std::vector<std::string> augmentation_names();
/// Throws Error for any other name.
const Augmentation& find_augmentation(std::string_view name);

/// What becomes of a picture of size x size. Draws: whether to flip; the order of brightness,
/// contrast, saturation and hue, then their factors in this order; whether to erase, then
/// random_part. What a set does not do it does not draw.
PhotoChange draw_change(const Augmentation& set, int size, RandomStream& random);

}  // namespace tailor::io
