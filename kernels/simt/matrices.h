// What tensor cores do with small matrices, for kernels/cuda/ptx.h, which says how they are spread
// over the lanes of a warp.
#pragma once

#include <bit>
#include <cstdint>

#include "kernels/simt/warp_functions.h"

namespace tailor::simt {

/// One lane's part of an operation on matrices.
struct MatrixPart {
  const uint32_t* row;  ///< of load_matrices: four words
  uint32_t* registers;  ///< what it gets: four words
  float* sums;          ///< of multiply_matrices: four
  const uint32_t* a;    ///< four words
  const uint32_t* b;    ///< two words
};

/// The parts of all 32 lanes have come together.
void work_on_matrices(WarpOperation operation, const MatrixPart* const* parts);

/// `row` is what the lane read at its address.
inline void load_matrices(uint32_t (&registers)[4], const uint32_t (&row)[4], bool transposed,
                          Place place = Place::current()) {
  const MatrixPart part{row, registers, nullptr, nullptr, nullptr};
  meet_warp(transposed ? WarpOperation::load_matrices_transposed : WarpOperation::load_matrices,
            0xFFFFFFFF, std::bit_cast<uint64_t>(&part), 0, 32, place);
}

/// The products are exact. Of a sum, what does not fit an f32 is cut off, as on the hardware (Fasi,
/// Higham, Mikaitis and Pranesh, "Numerical behavior of NVIDIA tensor cores", 2021), which cuts off
/// a little more: each of its products before they are added.
inline void multiply_matrices(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                              Place place = Place::current()) {
  const MatrixPart part{nullptr, nullptr, sums, a, b};
  meet_warp(WarpOperation::multiply_matrices, 0xFFFFFFFF, std::bit_cast<uint64_t>(&part), 0, 32,
            place);
}

}  // namespace tailor::simt
