// Races between the blocks of a launch. Each host thread keeps, for its own blocks, the first and
// last that read or wrote a word; the end of the launch puts them together. Minima and maxima do
// not depend on which host thread ran which block, so neither do the findings. An access behind an
// acquiring atomic is held against those two alone: a third block in between, which released
// nothing, can be missed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/simt/block_runner.h"
#include "kernels/simt/track/cell.h"
#include "kernels/simt/track/releases.h"

namespace tailor::simt {

/// The first access of its kind that a block made to some bytes, or one that needs its time known.
struct BlockAccess {
  size_t offset;  ///< in the arena
  unsigned bytes;
  Access kind;
  uint16_t thread;
  uint32_t turn;  ///< plus one
  uint32_t pc;
  Time time;
  std::shared_ptr<const Released> after;  ///< if it came after an acquiring atomic
};

/// What the blocks of one host thread did in a launch and cannot be told from the cells.
struct BlockLog {
  std::vector<BlockAccess> atomics;
  std::vector<BlockAccess> late;       ///< reads and writes behind an acquiring atomic or a fence
  std::vector<BlockAccess> unwritten;  ///< reads of what had not been written
  std::vector<size_t> written;         ///< granules, some more than once

  void clear();
};

/// Compares the blocks of all host threads. Adds the findings.
void judge_between_blocks(const Launch& launch);

}  // namespace tailor::simt
