// Barriers, shuffles and votes. __activemask is left out: which lanes it names is chance on a GPU.
#pragma once

#include <cstdint>
#include <source_location>
#include <type_traits>

namespace tailor::simt {

using Place = std::source_location;

enum class WarpOperation : uint8_t {
  sync,
  from_lane,
  from_below,
  from_above,
  from_xor,
  ballot,
  load_matrices,
  load_matrices_transposed,
  multiply_matrices
};

/// Waits for the lanes of `mask`, which all bring the same operation and mask. Returns what this
/// lane got: the value of another lane, or the ballot. `width` is a power of two up to 32. Of an
/// operation on matrices the value is the address of the lane's MatrixPart.
uint64_t meet_warp(WarpOperation operation, unsigned mask, uint64_t value, int argument, int width,
                   Place place);

/// Waits for all threads of the block; returns how many of them brought true.
int meet_block(bool vote, Place place);

/// Writes made before it are seen by whoever sees an atomic made after it.
void fence();

template <class T>
T shuffle(WarpOperation operation, unsigned mask, T value, int argument, int width, Place place) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  uint64_t bits = 0;
  __builtin_memcpy(&bits, &value, sizeof value);
  bits = meet_warp(operation, mask, bits, argument, width, place);
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace tailor::simt

// Each takes the kernel's line as a default argument.
// NOLINTBEGIN(readability-identifier-naming): CUDA's names
inline void __syncthreads(tailor::simt::Place place = tailor::simt::Place::current()) {
  tailor::simt::meet_block(false, place);
}
inline int __syncthreads_count(int vote,
                               tailor::simt::Place place = tailor::simt::Place::current()) {
  return tailor::simt::meet_block(vote != 0, place);
}
inline int __syncthreads_or(int vote, tailor::simt::Place place = tailor::simt::Place::current()) {
  return tailor::simt::meet_block(vote != 0, place) != 0;
}
inline int __syncthreads_and(int vote, tailor::simt::Place place = tailor::simt::Place::current()) {
  return tailor::simt::meet_block(vote == 0, place) == 0;
}

inline void __syncwarp(unsigned mask = 0xFFFFFFFF,
                       tailor::simt::Place place = tailor::simt::Place::current()) {
  tailor::simt::meet_warp(tailor::simt::WarpOperation::sync, mask, 0, 0, 32, place);
}

#define TAILOR_SIMT_SHUFFLE(name, operation)                                                    \
  template <class T>                                                                            \
  T name(unsigned mask, T value, int argument, int width = 32,                                  \
         tailor::simt::Place place = tailor::simt::Place::current()) {                          \
    return tailor::simt::shuffle(tailor::simt::WarpOperation::operation, mask, value, argument, \
                                 width, place);                                                 \
  }
TAILOR_SIMT_SHUFFLE(__shfl_sync, from_lane)
TAILOR_SIMT_SHUFFLE(__shfl_up_sync, from_below)
TAILOR_SIMT_SHUFFLE(__shfl_down_sync, from_above)
TAILOR_SIMT_SHUFFLE(__shfl_xor_sync, from_xor)
#undef TAILOR_SIMT_SHUFFLE

inline unsigned __ballot_sync(unsigned mask, int vote,
                              tailor::simt::Place place = tailor::simt::Place::current()) {
  return static_cast<unsigned>(tailor::simt::meet_warp(tailor::simt::WarpOperation::ballot, mask,
                                                       vote != 0 ? 1 : 0, 0, 32, place));
}
inline int __any_sync(unsigned mask, int vote,
                      tailor::simt::Place place = tailor::simt::Place::current()) {
  return __ballot_sync(mask, vote, place) != 0 ? 1 : 0;
}
inline int __all_sync(unsigned mask, int vote,
                      tailor::simt::Place place = tailor::simt::Place::current()) {
  return __ballot_sync(mask, vote, place) == mask ? 1 : 0;
}

inline void __threadfence() { tailor::simt::fence(); }
inline void __threadfence_block() { tailor::simt::fence(); }
// NOLINTEND(readability-identifier-naming)
