#include "io/layout.h"

#include <algorithm>
#include <cstddef>

namespace tailor::io {
namespace {

/// `count` matrices [rows, columns], each transposed.
void transpose(int64_t count, int64_t rows, int64_t columns, const float* in, float* out) {
  constexpr int64_t kTile = 32;  // a tile of both sides fits in the first-level cache
  for (int64_t n = 0; n < count; ++n, in += rows * columns, out += rows * columns) {
    for (int64_t r0 = 0; r0 < rows; r0 += kTile) {
      for (int64_t c0 = 0; c0 < columns; c0 += kTile) {
        for (int64_t c = c0; c < std::min(c0 + kTile, columns); ++c) {
          for (int64_t r = r0; r < std::min(r0 + kTile, rows); ++r) {
            out[c * rows + r] = in[r * columns + c];
          }
        }
      }
    }
  }
}

/// How a file's elements become ours: as so many matrices to be transposed. {1, 1, n} is a copy.
struct Matrices {
  int64_t count, rows, columns;
};

Matrices matrices_in_file(FileOrder order, const Shape& shape) {
  if (shape.rank() == 4 && order == FileOrder::torchvision) {  // O x [I, HW] to O x [HW, I]
    return {shape[0], shape[3], shape[1] * shape[2]};
  }
  if (shape.rank() > 1 && order == FileOrder::keras) {  // [HWI, O] to [O, HWI]; [in, out] likewise
    return {1, shape.count() / std::max<int64_t>(shape[0], 1), shape[0]};
  }
  return {1, 1, shape.count()};
}

}  // namespace

Shape shape_in_file(FileOrder order, const Shape& shape) {
  if (shape.rank() == 4 && order == FileOrder::torchvision) {
    return {shape[0], shape[3], shape[1], shape[2]};
  }
  if (shape.rank() == 4) return {shape[1], shape[2], shape[3], shape[0]};
  if (shape.rank() == 2 && order == FileOrder::keras) return {shape[1], shape[0]};
  return shape;
}

void from_file_order(FileOrder order, const Shape& shape, std::span<const float> in,
                     std::span<float> out) {
  const Matrices m = matrices_in_file(order, shape);
  transpose(m.count, m.rows, m.columns, in.data(), out.data());
}

void to_file_order(FileOrder order, const Shape& shape, std::span<const float> in,
                   std::span<float> out) {
  const Matrices m = matrices_in_file(order, shape);
  transpose(m.count, m.columns, m.rows, in.data(), out.data());
}

}  // namespace tailor::io
