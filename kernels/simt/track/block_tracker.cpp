#include "kernels/simt/track/block_tracker.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "kernels/simt/hooks.h"
#include "kernels/simt/settings.h"
#include "kernels/simt/symbols.h"
#include "kernels/simt/track/turns.h"

namespace tailor::simt {
namespace {

constexpr Time kTimeRunsOut = 0xF0000000;
constexpr size_t kMaxStaticShared = size_t{48} << 10;

struct Registry {
  std::mutex mutex;
  std::vector<BlockTracker*> trackers;
};

Registry& registry() {
  static Registry all;
  return all;
}

uint16_t bits_of(size_t offset, unsigned size) {
  return static_cast<uint16_t>(((1U << size) - 1) << offset % kGranule);
}

const char* verb(Access kind) {
  return kind == Access::read ? "reads " : kind == Access::write ? "writes " : "has an atomic on ";
}

}  // namespace

constinit thread_local BlockTracker* BlockTracker::t_current = nullptr;

BlockTracker::BlockTracker(BlockRunner& runner)
    : runner_(runner),
      arena_(Arena::one()),
      module_base_(own_module().base),
      static_{ShadowMap<Cell>(SharedArrays::one().bytes()), own_shared_arrays(),
              SharedArrays::one().bytes()},
      dynamic_{ShadowMap<Cell>(kMaxSharedBytes),
               reinterpret_cast<uintptr_t>(runner.dynamic_shared()), kMaxSharedBytes},
      global_(Arena::kBytes),
      array_touched_(SharedArrays::one().count()) {
  const std::lock_guard lock(registry().mutex);
  registry().trackers.push_back(this);
}

BlockTracker::~BlockTracker() {
  const std::lock_guard lock(registry().mutex);
  std::erase(registry().trackers, this);
}

BlockTracker& BlockTracker::of_host_thread(BlockRunner& runner) {
  thread_local BlockTracker tracker(runner);
  return tracker;
}

AllTrackers::AllTrackers() : lock_(registry().mutex), trackers_(registry().trackers) {}

void forget_cells(size_t begin, size_t end) {
  for (BlockTracker* tracker : AllTrackers()) tracker->forget(begin, end);
}

void BlockTracker::begin_share() {
  if (order_.now() > kTimeRunsOut) {
    order_.restart();
    static_.cells.forget(0, static_.bytes);
    dynamic_.cells.forget(0, dynamic_.bytes);
    global_.forget(0, Arena::kBytes);
    std::fill(array_touched_.begin(), array_touched_.end(), Time{0});
  }
  launch_tag_ = order_.tick();
  counters_.begin_share(settings().count);
}

void BlockTracker::end_share() {
  if (counters_.on()) counters_.end_share(runner_);
}

void BlockTracker::begin_block() {
  order_.begin_block();
  sync_.begin_block();
  turn_ = runner_.block_turn() + 1;
  has_turn_ = false;
  shared_bytes_ = 0;
  copies_.clear();
  if (counters_.on()) counters_.begin_block(runner_);
  t_current = this;
}

void BlockTracker::end_block() {
  t_current = nullptr;
  const size_t all = shared_bytes_ + launch().shared_bytes;
  if (shared_bytes_ > kMaxStaticShared || all > kMaxSharedBytes) {
    const bool too_static = shared_bytes_ > kMaxStaticShared;
    runner_.add(
        {"shared memory",
         {runner_.block(), 0},
         "the block uses " + std::to_string(too_static ? shared_bytes_ : all) +
             " bytes of shared memory" + (too_static ? " in arrays" : "") + ", more than the " +
             std::to_string(too_static ? kMaxStaticShared : kMaxSharedBytes) + " that there are"});
  }
  Turns::of_launch().end(runner_.block_turn());
}

void BlockTracker::barrier() {
  order_.barrier();
  sync_.barrier(launch().threads);
  if (counters_.on()) counters_.barrier(runner_);
}

void BlockTracker::sync_warp(unsigned first_thread, unsigned mask) {
  order_.sync_warp(first_thread, mask);
  sync_.sync_warp(first_thread, mask);
}

void BlockTracker::warp_waits(unsigned warp) {
  if (counters_.on()) counters_.end_warp(runner_, warp);
}

void BlockTracker::fence() { sync_.fence(runner_.current().id, order_.tick()); }

uint16_t BlockTracker::open_static(size_t offset) {
  const SharedArrays& arrays = SharedArrays::one();
  const int index = arrays.array_in(offset);
  if (index >= 0) {
    Time& touched = array_touched_[static_cast<size_t>(index)];
    if (touched != order_.block_begin()) shared_bytes_ += arrays.array(index).bytes;
    touched = order_.block_begin();
  }
  return arrays.allowed(offset);
}

uint16_t BlockTracker::open_dynamic(size_t offset) const {
  const size_t begin = offset - offset % kGranule;
  const size_t bytes = launch().shared_bytes;
  if (begin >= bytes) return 0;
  return static_cast<uint16_t>((1U << std::min(kGranule, bytes - begin)) - 1);
}

void BlockTracker::access(uintptr_t address, unsigned size, Access kind, uintptr_t pc) {
  Now now{address, static_cast<uint32_t>(pc - module_base_), runner_.current().id, kind, true};
  if (const uintptr_t offset = address - static_.base; offset < static_.bytes) {
    access_shared(static_, now, size, [this](size_t at) { return open_static(at); });
  } else if (address - dynamic_.base < dynamic_.bytes) {
    access_shared(dynamic_, now, size, [this](size_t at) { return open_dynamic(at); });
  } else if (arena_.holds(address)) {
    now.shared = false;
    access_global(now, size);
  } else if (!is_private(address)) {
    refuse("out of bounds", now, 0);
  }
}

template <class Allowed>
void BlockTracker::access_shared(const SharedMemory& memory, const Now& now, unsigned size,
                                 const Allowed& allowed) {
  const size_t offset = now.address - memory.base;
  if (offset % size != 0) {
    refuse("misaligned", now, size);
  }
  const Granule& granule = memory.cells.granule(offset);
  if (granule.tag != order_.block_begin()) {
    memory.cells.reset(offset, order_.block_begin(), size, allowed(offset));
  }
  if ((bits_of(offset, size) & ~granule.allowed) != 0) {
    refuse("out of bounds", now, 0);
  }
  if (counters_.on()) {
    const hooks::Quiet quiet;
    counters_.add(now, size, offset);
  }
  if (!copies_.empty()) {
    const auto under_way = copies_.find(now.address & ~(kGranule - 1));
    if (under_way != copies_.end()) {
      tell_race(now, under_way->second, "copy not waited for that was started at");
      return;
    }
  }
  const auto copied = [this](Cell& cell) { order_.detach(cell); };
  memory.cells.visit(offset, size, copied, [&](Cell& cell, size_t at, unsigned) {
    if (now.kind != Access::write && cell.write_time == 0) {
      tell("uninitialised", {memory.base + at, now.pc, now.thread, now.kind, true},
           ", which the block has not written");
    }
    order_.judge(cell, now, [&](const Earlier& earlier) { tell_race(now, earlier); });
  });
}

void BlockTracker::access_global(const Now& now, unsigned size) {
  const size_t offset = now.address - arena_.base();
  if (offset % size != 0) {
    refuse("misaligned", now, size);
  }
  const Granule& granule = global_.granule(offset);
  if (granule.tag != launch_tag_) global_.reset(offset, launch_tag_, size, arena_.allowed(offset));
  if ((bits_of(offset, size) & ~granule.allowed) != 0) {
    refuse("out of bounds", now, 0);
  }
  if (counters_.on()) {
    const hooks::Quiet quiet;
    counters_.add(now, size, now.address);
  }
  const auto copied = [this](Cell& cell) { order_.detach(cell); };
  global_.visit(offset, size, copied, [&](GlobalCell& cell, size_t at, unsigned bytes) {
    order_.judge(cell, now, [&](const Earlier& earlier) { tell_race(now, earlier); });
    const uint32_t last = now.kind == Access::read    ? cell.last_read
                          : now.kind == Access::write ? cell.last_write
                                                      : cell.last_atomic;
    // Behind a fence time matters: the same access before it may be what others come after.
    const bool timed = now.kind != Access::atomic && sync_.fenced();
    if (last != turn_ || timed) note_for_others(cell, now, at, bytes);
  });
}

void BlockTracker::note_for_others(GlobalCell& cell, const Now& now, size_t offset, unsigned size) {
  const uint16_t bits = bits_of(offset, size);
  const auto thread = static_cast<uint16_t>(now.thread);
  const auto seen = [&] {
    return BlockAccess{offset, size,   now.kind,     thread,
                       turn_,  now.pc, order_.now(), sync_.after(now.thread)};
  };
  if (now.kind != Access::write && (arena_.written(offset) & bits) != bits) {
    const hooks::Quiet quiet;
    log_.unwritten.push_back(seen());
  }
  if (now.kind != Access::read) arena_.add_written(offset, bits);
  if (now.kind == Access::atomic) {
    cell.last_atomic = turn_;
    const hooks::Quiet quiet;
    log_.atomics.push_back(seen());
  } else if (sync_.after(now.thread) != nullptr || sync_.fenced()) {
    const hooks::Quiet quiet;
    log_.late.push_back(seen());
  } else if (now.kind == Access::read) {
    cell.last_read = turn_;
    if (cell.first_read != 0) return;
    cell.first_read = turn_;
    cell.first_read_pc = now.pc;
    cell.first_read_thread = thread;
  } else {
    cell.last_write = turn_;
    if (cell.first_write != 0) return;
    cell.first_write = turn_;
    cell.first_write_pc = now.pc;
    cell.first_write_thread = thread;
    const size_t granule = offset / kGranule;
    const hooks::Quiet quiet;
    if (log_.written.empty() || log_.written.back() != granule) log_.written.push_back(granule);
  }
}

const BlockTracker::SharedMemory* BlockTracker::shared_memory(uintptr_t address) const {
  if (address - static_.base < static_.bytes) return &static_;
  if (address - dynamic_.base < dynamic_.bytes) return &dynamic_;
  return nullptr;
}

void BlockTracker::start_copy(uintptr_t to, uintptr_t pc) {
  const unsigned thread = runner_.current().id;
  const auto place = static_cast<uint32_t>(pc - module_base_);
  if (shared_memory(to) == nullptr) {
    const hooks::Quiet quiet;
    runner_.add({"out of bounds", spot(thread, place),
                 "starts a copy to " + describe(to) + ", which is not in shared memory"});
    runner_.stop_block();
  }
  access(to, kGranule, Access::write, pc);
  const hooks::Quiet quiet;
  copies_.try_emplace(to, Earlier{thread, place, Access::write});
}

void BlockTracker::end_copy(uintptr_t to, uintptr_t pc) {
  copies_.erase(to);
  const SharedMemory& memory = *shared_memory(to);
  const Now now{to, static_cast<uint32_t>(pc - module_base_), runner_.current().id, Access::write,
                true};
  // The bytes are written now, as far as others can tell.
  const auto copied = [this](Cell& cell) { order_.detach(cell); };
  memory.cells.visit(to - memory.base, kGranule, copied, [&](Cell& cell, size_t, unsigned) {
    order_.judge(cell, now, [&](const Earlier& earlier) { tell_race(now, earlier); });
  });
}

void BlockTracker::access_range(uintptr_t address, size_t bytes, Access kind, uintptr_t pc) {
  const unsigned step = (address | bytes) % 4 == 0 ? 4 : 1;
  for (size_t at = 0; at < bytes; at += step) access(address + at, step, kind, pc);
}

void BlockTracker::atomic(uintptr_t address, unsigned size, uintptr_t pc) {
  const bool global = shared_memory(address) == nullptr;  // or a __device__ variable
  if (global) wait_for_turn();
  access(address, size, Access::atomic, pc);
  const hooks::Quiet quiet;
  if (global) sync_.atomic(runner_.current().id, address, turn_);
}

void BlockTracker::wait_for_turn() {
  if (!has_turn_) Turns::of_launch().wait(runner_.block_turn());
  has_turn_ = true;
}

void BlockTracker::index_out_of_bounds(long index, uintptr_t pc) {
  const hooks::Quiet quiet;
  runner_.add({"out of bounds",
               spot(runner_.current().id, static_cast<uint32_t>(pc - module_base_)),
               "index " + std::to_string(index) + " is outside an array's declared dimension"});
  runner_.stop_block();
}

void BlockTracker::misaligned(uintptr_t address, unsigned size, Access kind, uintptr_t pc) {
  if (is_private(address)) return;
  refuse("misaligned",
         {address, static_cast<uint32_t>(pc - module_base_), runner_.current().id, kind, false},
         size);
}

/// The thread's own stack, the kernel's arguments, constants.
bool BlockTracker::is_private(uintptr_t address) const {
  const Call& call = launch().call;
  const Module& module = own_module();
  return runner_.current().fiber->holds(address) ||
         address - reinterpret_cast<uintptr_t>(call.frame) < call.frame_bytes ||
         address - module.begin < module.end - module.begin;
}

std::string BlockTracker::describe(uintptr_t address) const {
  if (address - static_.base < static_.bytes) {
    return SharedArrays::one().describe(address - static_.base);
  }
  if (const size_t offset = address - dynamic_.base; offset < dynamic_.bytes) {
    const size_t bytes = launch().shared_bytes;
    return (offset < bytes ? "byte " + std::to_string(offset)
                           : std::to_string(offset - bytes) + " bytes past the end") +
           " of the " + std::to_string(bytes) + " bytes of dynamic shared memory";
  }
  return arena_.describe(address);
}

Spot BlockTracker::spot(unsigned thread, uint32_t pc) const {
  return {runner_.block(), thread, module_base_ + pc};
}

void BlockTracker::tell(const char* kind, const Now& now, const char* consequence) {
  const hooks::Quiet quiet;
  runner_.add(
      {kind, spot(now.thread, now.pc), verb(now.kind) + describe(now.address) + consequence});
}

void BlockTracker::tell_race(const Now& now, const Earlier& earlier) {
  const char* const names[] = {"read at", "write at", "atomic at"};
  tell_race(now, earlier, names[static_cast<int>(earlier.kind)]);
}

void BlockTracker::tell_race(const Now& now, const Earlier& earlier, const char* what_at) {
  const hooks::Quiet quiet;
  const Spot here = spot(now.thread, now.pc), other = spot(earlier.thread, earlier.pc);
  if (runner_.count_again("race", here, other)) return;  // a missing barrier makes thousands
  const char* const names[] = {"read", "write", "atomic"};
  runner_.add({"race", here,
               std::string(names[static_cast<int>(now.kind)]) + " of " + describe(now.address) +
                   " races with the " + what_at,
               true, other});
}

/// `size` is of the access if that is what is wrong, else 0.
void BlockTracker::refuse(const char* kind, const Now& now, unsigned size) {
  const hooks::Quiet quiet;
  const std::string bytes = size == 0 ? "" : std::to_string(size) + " bytes at once from ";
  runner_.add({kind, spot(now.thread, now.pc), verb(now.kind) + bytes + describe(now.address)});
  runner_.stop_block();
}

}  // namespace tailor::simt
