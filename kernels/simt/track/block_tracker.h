// Judges every access of the blocks that one host thread runs.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernels/simt/block_runner.h"
#include "kernels/simt/track/arena.h"
#include "kernels/simt/track/between_blocks.h"
#include "kernels/simt/track/counters.h"
#include "kernels/simt/track/order.h"
#include "kernels/simt/track/shadow_map.h"
#include "kernels/simt/track/shared_arrays.h"

namespace tailor::simt {

class BlockTracker {
 public:
  explicit BlockTracker(BlockRunner& runner);
  BlockTracker(const BlockTracker&) = delete;
  BlockTracker& operator=(const BlockTracker&) = delete;
  ~BlockTracker();

  /// The tracker of the calling host thread while it runs a kernel, else nullptr.
  static BlockTracker* current() { return t_current; }
  /// What the host thread does until resume() is not judged: the standard library's templates may
  /// have been compiled together with a kernel, and then tell of their accesses.
  static BlockTracker* pause() { return std::exchange(t_current, nullptr); }
  static void resume(BlockTracker* tracker) { t_current = tracker; }
  static BlockTracker& of_host_thread(BlockRunner& runner);

  void begin_share();
  void end_share();
  /// On every host thread's, when the blocks of all have been judged; the next launch may be too
  /// small for all of them to take part.
  void end_launch() {
    log_.clear();
    launch_tag_ = order_.tick();
  }
  void begin_block();
  void end_block();
  void barrier();
  void sync_warp(unsigned first_thread, unsigned mask);
  void warp_waits(unsigned warp);
  void fence();

  /// A read or write of size bytes, 1 to 16 and a power of two, by the running thread. `pc` is its
  /// return address. Does not return when the access must not happen.
  void access(uintptr_t address, unsigned size, Access kind, uintptr_t pc);
  /// Of any size and alignment.
  void access_range(uintptr_t address, size_t bytes, Access kind, uintptr_t pc);
  /// Takes its turn after all earlier blocks when it concerns others.
  void atomic(uintptr_t address, unsigned size, uintptr_t pc);
  /// A copy of 16 bytes to shared memory by the running thread: until the thread has waited for it,
  /// nobody may touch the bytes.
  void start_copy(uintptr_t to, uintptr_t pc);
  void end_copy(uintptr_t to, uintptr_t pc);
  /// A vector, or a number, of `size` bytes where none can be, even if it is written by parts.
  void misaligned(uintptr_t address, unsigned size, Access kind, uintptr_t pc);
  /// An index past a declared dimension.
  void index_out_of_bounds(long index, uintptr_t pc);

  const ShadowMap<GlobalCell>& global_cells() const { return global_; }
  uint32_t launch_tag() const { return launch_tag_; }
  const BlockLog& log() const { return log_; }
  const Launch& launch() const { return runner_.launch(); }
  Counters& counters() { return counters_; }
  /// Forgets what was known of device memory at these offsets.
  void forget(size_t begin, size_t end) { global_.forget(begin, end); }

 private:
  struct SharedMemory {
    ShadowMap<Cell> cells;
    uintptr_t base;
    size_t bytes;
  };

  static constinit thread_local BlockTracker* t_current;

  template <class Allowed>
  void access_shared(const SharedMemory& memory, const Now& now, unsigned size,
                     const Allowed& allowed);
  void access_global(const Now& now, unsigned size);
  /// What the comparison between blocks needs to know of an access.
  void note_for_others(GlobalCell& cell, const Now& now, size_t offset, unsigned size);
  uint16_t open_static(size_t offset);
  uint16_t open_dynamic(size_t offset) const;
  bool is_private(uintptr_t address) const;
  std::string describe(uintptr_t address) const;
  Spot spot(unsigned thread, uint32_t pc) const;
  void tell(const char* kind, const Now& now, const char* consequence);
  void tell_race(const Now& now, const Earlier& earlier, const char* what_at);
  void tell_race(const Now& now, const Earlier& earlier);
  /// The memory of the block that has this address, or nullptr.
  const SharedMemory* shared_memory(uintptr_t address) const;
  [[noreturn]] void refuse(const char* kind, const Now& now, unsigned size);
  void wait_for_turn();

  BlockRunner& runner_;
  Arena& arena_;
  const uintptr_t module_base_;
  BlockOrder order_;
  SharedMemory static_;
  SharedMemory dynamic_;
  ShadowMap<GlobalCell> global_;
  uint32_t launch_tag_ = 0;
  uint32_t turn_ = 0;  ///< of the block, plus one
  bool has_turn_ = false;
  BlockLog log_;
  BlockSync sync_;
  Counters counters_;
  std::unordered_map<uintptr_t, Earlier> copies_;  ///< under way, by their first byte
  std::vector<Time> array_touched_;  ///< for each shared array, when a block first did
  size_t shared_bytes_ = 0;          ///< of arrays that the block has touched
};

/// Of all host threads.
void forget_cells(size_t begin, size_t end);

/// Those of all host threads that ever ran a block. While one lives no tracker goes: a thread that
/// the next launch has no use for may end at any time.
class AllTrackers {
 public:
  AllTrackers();
  auto begin() const { return trackers_.begin(); }
  auto end() const { return trackers_.end(); }

 private:
  std::lock_guard<std::mutex> lock_;
  const std::vector<BlockTracker*>& trackers_;
};

}  // namespace tailor::simt
