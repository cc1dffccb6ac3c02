// Which accesses of a block come before which, and the races that follow.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/simt/block_runner.h"
#include "kernels/simt/track/cell.h"

namespace tailor::simt {

/// An access that is being judged.
struct Now {
  uintptr_t address;
  uint32_t pc;  ///< from the start of the module
  unsigned thread;
  Access kind;
  bool shared;
};

/// The earlier half of a race.
struct Earlier {
  unsigned thread;
  uint32_t pc;
  Access kind;
};

class BlockOrder {
 public:
  BlockOrder();

  Time now() const { return now_; }
  Time block_begin() const { return block_begin_; }
  void begin_block() {
    barrier();
    block_begin_ = now_;
  }
  void barrier();
  void sync_warp(unsigned first_thread, unsigned mask);
  /// Makes what follows later than what came before.
  Time tick() { return ++now_; }
  /// Starts from 1; every cell must be forgotten.
  void restart() { *this = BlockOrder(); }

  /// Makes a cell that was copied from another independent of it.
  void detach(Cell& cell);

  /// Tells race(Earlier) if the access is not ordered after one of those in the cell that it must
  /// not meet, and adds it to the cell.
  template <class Race>
  void judge(Cell& cell, const Now& access, const Race& race) {
    if (cell.write_time >= epoch_ && cell.write_thread != access.thread &&
        !is_after(access.thread, cell.write_thread, cell.write_time)) {
      race(Earlier{cell.write_thread, cell.write_pc, Access::write});
    }
    if (access.kind == Access::write) {
      Earlier earlier;
      if (cell.set_time >= epoch_ && meets_set(cell, access, earlier)) race(earlier);
      cell.write_time = now_;
      cell.write_pc = access.pc;
      cell.write_thread = static_cast<uint16_t>(access.thread);
      return;
    }
    const uint32_t lane = 1U << access.thread % kLanes;
    if (cell.set_time < epoch_) {
      cell.set_lanes = lane;
    } else if (cell.set_time == now_ && cell.set_kind == access.kind &&
               cell.set_form == Cell::Form::one_warp &&
               cell.set_thread / kLanes == access.thread / kLanes) {
      cell.set_lanes |= lane;
    } else {
      Earlier earlier;
      if (meets_set(cell, access, earlier)) race(earlier);
      add_to_set(cell, access);
      return;
    }
    cell.set_time = now_;
    cell.set_pc = access.pc;
    cell.set_thread = static_cast<uint16_t>(access.thread);
    cell.set_kind = access.kind;
    cell.set_form = Cell::Form::one_warp;
  }

 private:
  /// Whether `thread` comes after what `other` did at `time`, since the last barrier.
  bool is_after(unsigned thread, unsigned other, Time time) const {
    return thread / kLanes == other / kLanes && known_[thread][other % kLanes] > time;
  }
  bool meets_set(const Cell& cell, const Now& access, Earlier& earlier) const;
  bool meets_wide(const WideSet::Lanes& lanes, Access kind, const Now& access,
                  Earlier& earlier) const;
  void add_to_set(Cell& cell, const Now& access);
  void extend(Cell& cell);
  void add_wide(WideSet::Lanes& lanes, const Now& access) const;

  Time now_ = 0;
  Time block_begin_ = 0;
  Time epoch_ = 0;  ///< when the last barrier opened; all before is ordered
  /// For each thread and lane of its warp, the time before which the thread comes after all that
  /// the lane did.
  std::vector<std::array<Time, kLanes>> known_;
  std::vector<WideSet> wide_;  ///< of this epoch
};

}  // namespace tailor::simt
