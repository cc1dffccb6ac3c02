// What comes after what between the blocks of a launch: blocks release what they did by a fence and
// an atomic, and others acquire it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "kernels/simt/block_runner.h"
#include "kernels/simt/track/cell.h"

namespace tailor::simt {

/// The blocks, by turn, whose writes a thread has come after by an atomic.
class Released {
 public:
  void add(uint32_t turn) {
    if (turn / 64 >= bits_.size()) bits_.resize(turn / 64 + 1);
    bits_[turn / 64] |= uint64_t{1} << turn % 64;
  }
  void add(const Released& others) {
    if (others.bits_.size() > bits_.size()) bits_.resize(others.bits_.size());
    for (size_t i = 0; i < others.bits_.size(); ++i) bits_[i] |= others.bits_[i];
  }
  bool has(uint32_t turn) const {
    return turn / 64 < bits_.size() && (bits_[turn / 64] >> turn % 64 & 1) != 0;
  }

 private:
  std::vector<uint64_t> bits_;
};

/// Order by fences and atomics: an atomic by a thread that is behind a fence releases what its
/// block did before that fence to whoever sees it by a later atomic on the same bytes.
class BlockSync {
 public:
  void begin_block();
  void barrier(unsigned threads);
  void sync_warp(unsigned first_thread, unsigned mask);
  void fence(unsigned thread, Time time);
  void atomic(unsigned thread, uintptr_t address, uint32_t turn);

  /// What this thread comes after; nullptr: no other block.
  const std::shared_ptr<const Released>& after(unsigned thread) const { return after_[thread]; }
  /// Whether some thread of the block is behind a fence.
  bool fenced() const { return any_fence_; }

 private:
  void join(std::shared_ptr<const Released>& into, const std::shared_ptr<const Released>& from);

  bool any_after_ = false;
  bool any_fence_ = false;
  Time fenced_before_barrier_ = 0;
  std::vector<Time> fenced_ = std::vector<Time>(kMaxThreads);
  std::vector<std::shared_ptr<const Released>> after_{kMaxThreads};
};

/// What the atomics of the launch have released, and when. Only the block whose turn it is may
/// look.
struct Releases {
  std::map<uintptr_t, std::shared_ptr<const Released>> at;  ///< address of the atomic
  std::map<uint32_t, Time> time;                            ///< of each block's last such fence
};
Releases& releases();

}  // namespace tailor::simt
