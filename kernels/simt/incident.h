// What went wrong in a block, before its addresses are turned into lines of source.
#pragma once

#include <cstdint>
#include <source_location>
#include <string>

namespace tailor::simt {

/// A thread at some place of a kernel: given by a source location, or by the address of the
/// instruction after the one meant.
struct Spot {
  unsigned block = 0;
  unsigned thread = 0;
  uintptr_t pc = 0;
  const char* file = nullptr;
  unsigned line = 0;

  bool same_place(const Spot& other) const {
    return pc == other.pc && file == other.file && line == other.line;
  }
};

struct Incident {
  const char* kind;
  Spot spot;
  std::string note;     ///< what the thread did; ends before the place of the other access, if any
  bool paired = false;  ///< with another access
  Spot other = {};
  uint64_t count = 1;
};

}  // namespace tailor::simt
