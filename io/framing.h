// Which part of a photo a network sees, and how large.
#pragma once

#include <cstdint>
#include <optional>

#include "io/resize.h"
#include "kernels/api/philox.h"

namespace tailor::io {

/// Chooses the frame of a photo of width x height pixels, at least one, for a network of input
/// size x size. What is drawn comes from `random`, in the order that each one states.
using Framing = Frame (*)(int width, int height, int size, RandomStream& random);

/// torchvision's evaluation: the short side becomes round(size * 256 / 224), the long side is
/// truncated, the centre is cut out.
Frame centre(int width, int height, int size, RandomStream& random);
/// Keras's evaluation: all of it, without regard to the aspect ratio.
Frame whole(int width, int height, int size, RandomStream& random);
/// The short side becomes `size`; a square is cut out. Draws: top, left.
Frame random_square(int width, int height, int size, RandomStream& random);
/// torchvision's RandomResizedCrop: 35% to 100% of the photo's area, of an aspect ratio from 3:4 to
/// 4:3, become the square; where ten tries found none, the largest part in the centre whose aspect
/// ratio is that of the photo or the nearest allowed. Draws: random_part.
Frame random_area(int width, int height, int size, RandomStream& random);

/// What random_part may choose.
struct Proportions {
  double least_area, most_area;      ///< shares of the whole
  double least_aspect, most_aspect;  ///< width / height
  int left_over = 0;                 ///< rows and columns that must remain, each
};

/// A part of width x height pixels: its area is drawn evenly, its aspect ratio so that inverse ones
/// are equally probable (its logarithm evenly). Nothing where ten tries did not fit. Draws for each
/// try: area, aspect ratio; then top, left (torchvision's RandomResizedCrop and RandomErasing).
std::optional<Box> random_part(int width, int height, const Proportions& proportions,
                               RandomStream& random);

}  // namespace tailor::io
