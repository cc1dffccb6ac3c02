// How tests start the kernels of tests/simt/kernels, which lie in plug-ins of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "kernels/api/backend.h"

namespace tailor::test {

/// The threads of a launch.
struct Size {
  unsigned blocks = 1;
  unsigned threads = 32;
  unsigned blocks_y = 1;
  unsigned threads_y = 1;
  size_t shared_bytes = 0;
};

/// Memory, or a number.
using Argument = std::variant<void*, int>;

/// What a plug-in of test kernels exports as "tailor_test_kernels".
struct TestKernels {
  /// Throws Error when there is no such kernel, it takes other arguments, or the device refuses.
  void (*launch)(Backend& backend, std::string_view kernel, const Size& size,
                 std::span<const Argument> arguments);
  /// How many of the host's threads run blocks; 0: as many as are worth it.
  void (*set_host_threads)(int threads);
};

// Words that kernels and their tests share.

/// What a thread does with some bytes.
enum Touch : uint8_t { kRead, kWrite, kAtomic };

/// What threads do between a write and a read.
enum Between : uint8_t {
  kNothing,
  kBlockBarrier,
  kBlockVote,
  kWarpBarrier,
  kHalfWarpBarrier,
  kShuffle,
  kVote,
  kFence
};

/// A step of a thread in a program that is data: kSyncWarp and kVoteOfWarp are met by the lanes of
/// `mask`, kSyncBlock by all threads of the block. kFlag is an atomic on the flag at `offset`.
struct Step {
  enum Kind : uint8_t { kRest, kTouch, kSyncBlock, kSyncWarp, kVoteOfWarp, kThreadFence, kFlag };

  Kind kind = kRest;
  Touch touch = kRead;
  bool global = false;
  uint8_t offset = 0;  ///< of the bytes touched
  uint8_t bytes = 1;   ///< 1, 2, 4, 8 or 16; 4 or 8 of an atomic
  uint32_t mask = 0;
};
constexpr int kProgramBytes = 64;  ///< of shared, and of global memory
constexpr int kProgramFlags = 2;

}  // namespace tailor::test
