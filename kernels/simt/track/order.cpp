#include "kernels/simt/track/order.h"

#include <algorithm>
#include <bit>

namespace tailor::simt {

BlockOrder::BlockOrder() : known_(kMaxThreads) {}

void BlockOrder::barrier() {
  epoch_ = ++now_;
  wide_.clear();
}

void BlockOrder::sync_warp(unsigned first_thread, unsigned mask) {
  const Time time = ++now_;
  std::array<Time, kLanes> all{};
  for (unsigned lanes = mask; lanes != 0; lanes &= lanes - 1) {
    const auto& known = known_[first_thread + static_cast<unsigned>(std::countr_zero(lanes))];
    for (unsigned lane = 0; lane < kLanes; ++lane) all[lane] = std::max(all[lane], known[lane]);
  }
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if ((mask >> lane & 1) != 0) all[lane] = time;
  }
  for (unsigned lanes = mask; lanes != 0; lanes &= lanes - 1) {
    known_[first_thread + static_cast<unsigned>(std::countr_zero(lanes))] = all;
  }
}

void BlockOrder::detach(Cell& cell) {
  if (cell.set_time < epoch_ || cell.set_form != Cell::Form::extended) return;
  const WideSet own = wide_[cell.more];
  cell.more = static_cast<uint32_t>(wide_.size());
  wide_.push_back(own);
}

/// Atomics do not race with atomics, nor reads with reads.
bool BlockOrder::meets_set(const Cell& cell, const Now& access, Earlier& earlier) const {
  if (cell.set_form == Cell::Form::extended) {
    const WideSet& wide = wide_[cell.more];
    return (access.kind != Access::read && meets_wide(wide.reads, Access::read, access, earlier)) ||
           (access.kind != Access::atomic &&
            meets_wide(wide.atomics, Access::atomic, access, earlier));
  }
  if (cell.set_kind == access.kind) return false;
  earlier = {cell.set_thread, cell.set_pc, cell.set_kind};
  if (cell.set_thread / kLanes != access.thread / kLanes) return true;
  if (cell.set_form == Cell::Form::two_warps) {
    earlier.thread = cell.second_thread;
    earlier.pc = cell.more;
    return true;
  }
  uint32_t unordered = cell.set_lanes & ~(1U << access.thread % kLanes);
  for (uint32_t lanes = unordered; lanes != 0; lanes &= lanes - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(lanes));
    if (known_[access.thread][lane] > cell.set_time) unordered &= ~(1U << lane);
  }
  if (unordered == 0) return false;
  if ((unordered >> cell.set_thread % kLanes & 1) == 0) {
    earlier.thread =
        access.thread / kLanes * kLanes + static_cast<unsigned>(std::countr_zero(unordered));
  }
  return true;
}

bool BlockOrder::meets_wide(const WideSet::Lanes& lanes, Access kind, const Now& access,
                            Earlier& earlier) const {
  if (!lanes.any) return false;
  earlier.kind = kind;
  if (lanes.two_warps && lanes.second_thread / kLanes != access.thread / kLanes) {
    earlier.thread = lanes.second_thread;
    earlier.pc = lanes.second_pc;
    return true;
  }
  const bool same_warp = lanes.warp == access.thread / kLanes;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const Time time = lanes.time[lane];
    if (time < epoch_) continue;
    if (same_warp && (lane == access.thread % kLanes || known_[access.thread][lane] > time)) {
      continue;
    }
    earlier.thread = lanes.warp * kLanes + lane;
    earlier.pc = lanes.pc[lane];
    return true;
  }
  return false;
}

void BlockOrder::add_to_set(Cell& cell, const Now& access) {
  if (cell.set_form != Cell::Form::extended && cell.set_kind == access.kind) {
    if (cell.set_form == Cell::Form::two_warps) return;
    if (cell.set_thread / kLanes != access.thread / kLanes) {
      cell.set_form = Cell::Form::two_warps;
      cell.second_thread = static_cast<uint16_t>(access.thread);
      cell.more = access.pc;
      return;
    }
    // Who comes after this access comes after all that this access comes after.
    const uint32_t own = 1U << access.thread % kLanes;
    uint32_t unordered = cell.set_lanes & ~own;
    for (uint32_t lanes = unordered; lanes != 0; lanes &= lanes - 1) {
      const auto lane = static_cast<unsigned>(std::countr_zero(lanes));
      if (known_[access.thread][lane] > cell.set_time) unordered &= ~(1U << lane);
    }
    if (unordered == 0) {
      cell.set_time = now_;
      cell.set_lanes = own;
      cell.set_pc = access.pc;
      cell.set_thread = static_cast<uint16_t>(access.thread);
      return;
    }
  }
  if (cell.set_form != Cell::Form::extended) extend(cell);
  WideSet& wide = wide_[cell.more];
  add_wide(access.kind == Access::read ? wide.reads : wide.atomics, access);
  cell.set_time = now_;
}

void BlockOrder::extend(Cell& cell) {
  WideSet wide{};
  WideSet::Lanes& lanes = cell.set_kind == Access::read ? wide.reads : wide.atomics;
  lanes.any = true;
  lanes.warp = static_cast<uint16_t>(cell.set_thread / kLanes);
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if ((cell.set_lanes >> lane & 1) == 0) continue;
    lanes.time[lane] = cell.set_time;
    lanes.pc[lane] = cell.set_pc;
  }
  if (cell.set_form == Cell::Form::two_warps) {
    lanes.two_warps = true;
    lanes.second_thread = cell.second_thread;
    lanes.second_pc = cell.more;
  }
  cell.more = static_cast<uint32_t>(wide_.size());
  cell.set_form = Cell::Form::extended;
  wide_.push_back(wide);
}

void BlockOrder::add_wide(WideSet::Lanes& lanes, const Now& access) const {
  if (!lanes.any) {
    lanes.any = true;
    lanes.warp = static_cast<uint16_t>(access.thread / kLanes);
  }
  if (lanes.warp == access.thread / kLanes) {
    lanes.time[access.thread % kLanes] = now_;
    lanes.pc[access.thread % kLanes] = access.pc;
  } else if (!lanes.two_warps) {
    lanes.two_warps = true;
    lanes.second_thread = static_cast<uint16_t>(access.thread);
    lanes.second_pc = access.pc;
  }
}

}  // namespace tailor::simt
