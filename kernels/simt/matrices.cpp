#include "kernels/simt/matrices.h"

#include <bit>
#include <cmath>

namespace tailor::simt {
namespace {

constexpr int kLanesOfRow = 4;
constexpr int kWords = 4;  // a row of eight bf16

/// Element `half` of two bf16 in a word.
double element(uint32_t word, int half) {
  return std::bit_cast<float>(half == 0 ? word << 16 : word & 0xFFFF0000);
}

uint32_t half_of(uint32_t word, int half) { return half == 0 ? word & 0xFFFF : word >> 16; }

void load(const MatrixPart* const* parts, bool transposed) {
  for (int lane = 0; lane < 32; ++lane) {
    const int g = lane / kLanesOfRow, t = lane % kLanesOfRow;
    for (int matrix = 0; matrix < 4; ++matrix) {
      const MatrixPart* const* rows = parts + 8 * matrix;
      parts[lane]->registers[matrix] = transposed
                                           ? half_of(rows[2 * t]->row[g / 2], g % 2) |
                                                 half_of(rows[2 * t + 1]->row[g / 2], g % 2) << 16
                                           : rows[g]->row[t];
    }
  }
}

/// The f32 next to it, towards zero.
float cut(double sum) {
  const auto rounded = static_cast<float>(sum);
  return std::abs(double{rounded}) > std::abs(sum) ? std::nextafter(rounded, 0.0F) : rounded;
}

void multiply(const MatrixPart* const* parts) {
  double a[16][16], b[16][8],
      sums[16][8];  // b by steps, so that the compiler makes vectors of sums
  for (int lane = 0; lane < 32; ++lane) {
    const int g = lane / kLanesOfRow, t = lane % kLanesOfRow;
    for (int r = 0; r < kWords; ++r) {
      for (int half = 0; half < 2; ++half) {
        const int k = 2 * t + 8 * (r / 2) + half;
        a[g + 8 * (r % 2)][k] = element(parts[lane]->a[r], half);
        if (r % 2 == 0) b[k][g] = element(parts[lane]->b[r / 2], half);
      }
      sums[g + 8 * (r / 2)][2 * t + r % 2] = parts[lane]->sums[r];
    }
  }
  for (int line = 0; line < 16; ++line) {
    for (int k = 0; k < 16; ++k) {
      for (int column = 0; column < 8; ++column) sums[line][column] += a[line][k] * b[k][column];
    }
  }
  for (int lane = 0; lane < 32; ++lane) {
    const int g = lane / kLanesOfRow, t = lane % kLanesOfRow;
    for (int r = 0; r < kWords; ++r) {
      parts[lane]->sums[r] = cut(sums[g + 8 * (r / 2)][2 * t + r % 2]);
    }
  }
}

}  // namespace

void work_on_matrices(WarpOperation operation, const MatrixPart* const* parts) {
  if (operation == WarpOperation::multiply_matrices) {
    multiply(parts);
  } else {
    load(parts, operation == WarpOperation::load_matrices_transposed);
  }
}

}  // namespace tailor::simt
