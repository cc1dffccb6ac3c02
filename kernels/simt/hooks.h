// Where the runner tells the tracker what happens. The plain build has no tracker.
#pragma once

#include "kernels/simt/block_runner.h"

namespace tailor::simt::hooks {

#ifdef TAILOR_TRACKED
/// While one lives, the runner may use the standard library though a thread of a kernel is running.
class Quiet {
 public:
  Quiet();
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet();

 private:
  void* tracker_;
};

void begin_launch(const Launch& launch);
void end_launch(const Launch& launch);
/// One host thread's share of a launch.
void begin_share(BlockRunner& runner);
void end_share(BlockRunner& runner);
void begin_block(BlockRunner& runner);
void end_block(BlockRunner& runner);
void barrier(BlockRunner& runner);
void sync_warp(BlockRunner& runner, unsigned first_thread, unsigned mask);
/// All living lanes of the warp wait: for the others of a barrier, or for nothing more.
void warp_waits(BlockRunner& runner, unsigned warp);
void fence(BlockRunner& runner);
/// The running thread starts a copy of 16 bytes to `to`; one that it started has arrived.
void start_copy(BlockRunner& runner, void* to, uintptr_t pc);
void end_copy(BlockRunner& runner, void* to, uintptr_t pc);
std::vector<LineCounters> take_counters();
#else
class Quiet {
 public:
  Quiet() {}  // NOLINT(modernize-use-equals-default): or it would be an unused variable
};
inline void begin_launch(const Launch&) {}
inline void end_launch(const Launch&) {}
inline void begin_share(BlockRunner&) {}
inline void end_share(BlockRunner&) {}
inline void begin_block(BlockRunner&) {}
inline void end_block(BlockRunner&) {}
inline void barrier(BlockRunner&) {}
inline void sync_warp(BlockRunner&, unsigned, unsigned) {}
inline void warp_waits(BlockRunner&, unsigned) {}
inline void fence(BlockRunner&) {}
inline void start_copy(BlockRunner&, void*, uintptr_t) {}
inline void end_copy(BlockRunner&, void*, uintptr_t) {}
inline std::vector<LineCounters> take_counters() { return {}; }
#endif

}  // namespace tailor::simt::hooks
