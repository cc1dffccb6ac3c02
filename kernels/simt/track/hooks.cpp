#include "kernels/simt/hooks.h"

#include "kernels/simt/track/block_tracker.h"
#include "kernels/simt/track/turns.h"

namespace tailor::simt::hooks {
namespace {

BlockTracker& tracker_of(BlockRunner& runner) { return BlockTracker::of_host_thread(runner); }

}  // namespace

Quiet::Quiet() : tracker_(BlockTracker::pause()) {}
Quiet::~Quiet() { BlockTracker::resume(static_cast<BlockTracker*>(tracker_)); }

void begin_launch(const Launch& launch) { Turns::of_launch().begin(launch.blocks); }
void end_launch(const Launch& launch) { judge_between_blocks(launch); }
void begin_share(BlockRunner& runner) { tracker_of(runner).begin_share(); }
void end_share(BlockRunner& runner) { tracker_of(runner).end_share(); }
void begin_block(BlockRunner& runner) { tracker_of(runner).begin_block(); }
void end_block(BlockRunner& runner) { tracker_of(runner).end_block(); }
void barrier(BlockRunner& runner) {
  const Quiet quiet;
  tracker_of(runner).barrier();
}
void sync_warp(BlockRunner& runner, unsigned first_thread, unsigned mask) {
  const Quiet quiet;
  tracker_of(runner).sync_warp(first_thread, mask);
}
void warp_waits(BlockRunner& runner, unsigned warp) {
  const Quiet quiet;
  tracker_of(runner).warp_waits(warp);
}
void fence(BlockRunner& runner) {
  const Quiet quiet;
  tracker_of(runner).fence();
}
void start_copy(BlockRunner& runner, void* to, uintptr_t pc) {
  tracker_of(runner).start_copy(reinterpret_cast<uintptr_t>(to), pc);
}
void end_copy(BlockRunner& runner, void* to, uintptr_t pc) {
  tracker_of(runner).end_copy(reinterpret_cast<uintptr_t>(to), pc);
}
std::vector<LineCounters> take_counters() { return take_line_counters(); }

}  // namespace tailor::simt::hooks
