// The __shared__ arrays of the library's kernels: thread_local variables, told apart by the symbols
// of the file. tracked_compile leaves a red zone behind each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/simt/track/shadow_map.h"

namespace tailor::simt {

class SharedArrays {
 public:
  struct Array {
    std::string symbol;
    size_t begin;  ///< in the thread's block of thread_local variables
    size_t bytes;
  };

  static const SharedArrays& one();

  size_t bytes() const { return allowed_.size() * kGranule; }
  uint16_t allowed(size_t offset) const { return allowed_[offset / kGranule]; }
  /// Index of an array that has bytes in this granule; -1: none.
  int array_in(size_t offset) const { return array_[offset / kGranule]; }
  const Array& array(int index) const { return arrays_[static_cast<size_t>(index)]; }
  size_t count() const { return arrays_.size(); }

  /// "byte 40 of tile (36 bytes of shared memory)".
  std::string describe(size_t offset) const;

 private:
  SharedArrays();

  std::vector<Array> arrays_;  ///< in rising order
  std::vector<uint16_t> allowed_;
  std::vector<int> array_;
};

/// Where the calling host thread's copies begin; a multiple of 16.
uintptr_t own_shared_arrays();

}  // namespace tailor::simt
