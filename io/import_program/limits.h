// What Tailor and tailor-import agree on.
#pragma once

#include <cstdint>

namespace tailor::io {

/// The files that the program finds open.
enum Inherited : int {
  kInheritedSocket = 3,
  kInheritedFile = 4,     ///< the HDF5 file
  kInheritedNumbers = 5,  ///< memory for numbers, as long as they are
  kInheritedEnd = 6,
};

/// More than any network's file needs: what is slower or bigger is damaged, or means harm.
constexpr uint64_t kMostSeconds = 120;               ///< of computing
constexpr uint64_t kMostMemory = uint64_t{8} << 30;  ///< address space

}  // namespace tailor::io
