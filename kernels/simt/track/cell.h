// What is remembered of the accesses to a few neighbouring bytes.
#pragma once

#include <cstdint>

namespace tailor::simt {

enum class Access : uint8_t { read, write, atomic };

/// The clock of a host thread: goes on at each barrier, __syncwarp, fence and block. An access made
/// at one time lies before all that is ordered by events of later times.
using Time = uint32_t;

/// The accesses by threads of one block since its last barrier: the last write, and all readers (or
/// all atomics) since then that are not ordered among each other. That suffices to find a race if
/// there is one (Flanagan and Freund 2009, FastTrack): an access ordered after the last write is
/// ordered after all writes before, which were ordered or reported.
struct Cell {
  enum class Form : uint8_t {
    one_warp,   ///< lanes of one warp, all at set_time
    two_warps,  ///< at least two; no access can be ordered after both, so two threads stand for all
    extended,   ///< anything else: `more` is the index of a WideSet
  };

  Time write_time;  ///< 0: never
  uint32_t write_pc;
  Time set_time;
  uint32_t set_lanes;
  uint32_t set_pc;
  uint32_t more;  ///< pc of the thread of the second warp
  uint16_t write_thread;
  uint16_t set_thread;
  uint16_t second_thread;
  Access set_kind;
  Form set_form;
};
static_assert(sizeof(Cell) == 32);

/// The same in global memory, with the blocks that came by in this launch. Blocks are told by their
/// turn plus one, 0 for none: a host thread runs them in rising order.
struct GlobalCell : Cell {
  uint32_t first_read, first_write;
  uint32_t first_read_pc, first_write_pc;
  uint16_t first_read_thread, first_write_thread;
  uint32_t last_read, last_write, last_atomic;
};
static_assert(sizeof(GlobalCell) == 64);

/// Readers and atomics of a warp, each lane at its own time.
struct WideSet {
  struct Lanes {
    Time time[32];
    uint32_t pc[32];
    uint16_t warp;
    uint16_t second_thread;
    uint32_t second_pc;
    bool any;
    bool two_warps;
  };
  Lanes reads;
  Lanes atomics;
};

}  // namespace tailor::simt
