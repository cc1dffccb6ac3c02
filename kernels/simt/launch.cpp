// Starts a kernel: shares its blocks among the host's threads and collects what they found.
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "kernels/simt/block_runner.h"
#include "kernels/simt/findings.h"
#include "kernels/simt/hooks.h"
#include "kernels/simt/last_error.h"
#include "kernels/simt/settings.h"
#include "kernels/simt/simt.h"

namespace tailor::simt {
namespace {

/// Fewer threads than this are run before others of the host's threads would have woken.
constexpr uint64_t kWorthSharing = 4096;
/// Each reserves half a TiB of addresses for what its tracker knows; a process has 128.
constexpr unsigned kMostHostThreads = 128;

int host_threads_for(const Launch& launch) {
  const int asked = settings().host_threads;
  const auto most = static_cast<int>(std::min(launch.blocks, kMostHostThreads));
  if (asked > 0) return std::min(asked, most);
  if (uint64_t{launch.blocks} * launch.threads < kWorthSharing) return 1;
  return std::min(omp_get_max_threads(), most);
}

cudaError_t refusal(dim3 grid, dim3 block, size_t shared_bytes) {
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  if (threads == 0 || threads > kMaxThreads || block.z > 64) return cudaErrorInvalidConfiguration;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return cudaErrorInvalidConfiguration;
  if (grid.x > 0x7FFFFFFF || grid.y > 0xFFFF || grid.z > 0xFFFF) {
    return cudaErrorInvalidConfiguration;
  }
  if (uint64_t{grid.x} * grid.y > 0xFFFFFFFF / grid.z) return cudaErrorInvalidConfiguration;
  return shared_bytes > kMaxSharedBytes ? cudaErrorInvalidValue : cudaSuccess;
}

void run_blocks(const Launch& launch) {
  std::atomic<unsigned> next{0};
  const auto work = [&] {
    BlockRunner& runner = BlockRunner::of_host_thread();
    runner.begin(launch);
    hooks::begin_share(runner);
    for (unsigned turn; (turn = next++) < launch.blocks;) {
      runner.run_block(turn, launch.block_at(turn));
    }
    hooks::end_share(runner);
    findings().add(runner.incidents());
  };
  const int host_threads = host_threads_for(launch);
  hooks::begin_launch(launch);
  if (host_threads == 1) {
    work();
  } else {
#pragma omp parallel num_threads(host_threads)
    work();
  }
  hooks::end_launch(launch);
  findings().end_launch(launch);
}

}  // namespace

void run(const Call& call, dim3 grid, dim3 block, size_t shared_bytes) {
  if (const cudaError_t error = refusal(grid, block, shared_bytes); error != cudaSuccess) {
    set_last_error(error);
    return;
  }
  // Streams of several host threads take turns.
  static std::mutex one_launch;
  const std::lock_guard lock(one_launch);
  const uint64_t seed = settings().next_seed();
  run_blocks({call, grid, block, shared_bytes, settings().order, seed, grid.x * grid.y * grid.z,
              block.x * block.y * block.z});
}

}  // namespace tailor::simt
