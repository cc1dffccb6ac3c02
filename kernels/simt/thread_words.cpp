// What a kernel's thread asks about itself, and its barriers.
#include "kernels/simt/block_runner.h"
#include "kernels/simt/hooks.h"

namespace tailor::simt {

uint3 thread_index() { return BlockRunner::here().current().index; }
uint3 block_index() { return BlockRunner::here().block_index(); }
dim3 block_size() { return BlockRunner::here().launch().block; }
dim3 grid_size() { return BlockRunner::here().launch().grid; }
void* dynamic_shared() { return BlockRunner::here().dynamic_shared(); }

uint64_t meet_warp(WarpOperation operation, unsigned mask, uint64_t value, int argument, int width,
                   Place place) {
  return BlockRunner::here().meet_warp(operation, mask, value, argument, width, place);
}
int meet_block(bool vote, Place place) { return BlockRunner::here().meet_block(vote, place); }
void fence() { hooks::fence(BlockRunner::here()); }

}  // namespace tailor::simt
