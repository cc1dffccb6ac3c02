// Runs the threads of one block after another on one of the host's threads, each on a stack of its
// own as soon as it has to wait.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "kernels/api/watch.h"
#include "kernels/simt/copies.h"
#include "kernels/simt/cuda_runtime.h"
#include "kernels/simt/fiber.h"
#include "kernels/simt/incident.h"

namespace tailor::simt {

constexpr unsigned kLanes = 32;
constexpr unsigned kMaxThreads = 1024;
constexpr unsigned kMaxWarps = kMaxThreads / kLanes;
constexpr size_t kMaxSharedBytes = size_t{227} << 10;

/// One start of a kernel, the same for all its blocks.
struct Launch {
  Call call;
  dim3 grid;
  dim3 block;
  size_t shared_bytes;
  ThreadOrder order;
  uint64_t seed;  ///< for ThreadOrder::shuffled
  unsigned blocks;
  unsigned threads;  ///< of a block

  /// The block whose turn it is, in the order of the launch.
  unsigned block_at(unsigned turn) const;
};

enum class ThreadState : uint8_t { ready, in_warp, at_barrier, left };

struct Thread {
  unsigned id;  ///< in the block
  uint3 index;
  ThreadState state;
  Fiber* fiber;  ///< none before its start and after its end
  // What it waits with.
  WarpOperation operation;
  unsigned mask;
  uint64_t value;
  uint64_t result;
  int argument;
  int width;
  bool vote;
  Place place;
};

class BlockRunner {
 public:
  BlockRunner();
  BlockRunner(const BlockRunner&) = delete;
  BlockRunner& operator=(const BlockRunner&) = delete;

  /// Made on the first call of each host thread.
  static BlockRunner& of_host_thread();
  /// The runner whose kernel the caller is.
  static BlockRunner& here() { return *t_here; }

  void begin(const Launch& launch);
  /// `turn` is the block's place in the order of the launch.
  void run_block(unsigned turn, unsigned block);
  /// What was found since begin().
  std::vector<Incident>& incidents() { return incidents_; }

  // For the running thread.
  Thread& current() { return *current_; }
  Copies& current_copies() { return copies_[current_->id]; }
  uint64_t meet_warp(WarpOperation operation, unsigned mask, uint64_t value, int argument,
                     int width, Place place);
  int meet_block(bool vote, Place place);
  /// Ends the block with the running thread where it is; never returns.
  [[noreturn]] void stop_block();

  const Launch& launch() const { return *launch_; }
  unsigned block_turn() const { return block_turn_; }
  unsigned block() const { return block_; }
  uint3 block_index() const { return block_index_; }
  char* dynamic_shared() { return dynamic_shared_.get(); }
  Thread& thread(unsigned id) { return threads_[id]; }
  void add(Incident incident);
  /// Counts one more of an incident that this block has had already; false when it had none.
  bool count_again(const char* kind, const Spot& spot, const Spot& other = {});

 private:
  struct Turn {
    unsigned warp;  ///< in the order of this block
    unsigned lane;
  };

  static constinit thread_local BlockRunner* t_here;

  static void run_threads();
  void order_threads();
  void ready(Thread& thread);
  /// The thread that goes on next; nullptr when the block has ended.
  Thread* next();
  bool settle();
  void leave();
  void finish();
  Fiber* take_fiber();
  void exchange(unsigned first, unsigned mask);
  void explain_stuck();
  bool explain_warp(const Thread& waiting);
  Incident incident_at(const char* kind, const Thread& thread, std::string note) const;

  const Launch* launch_ = nullptr;
  unsigned block_turn_ = 0;
  unsigned block_ = 0;
  uint3 block_index_{};
  std::array<Thread, kMaxThreads> threads_;
  std::array<Copies, kMaxThreads> copies_;
  // By their place in the order of the block.
  std::array<uint8_t, kMaxWarps> warp_at_;
  std::array<uint8_t, kLanes> lane_at_;
  std::array<uint8_t, kMaxWarps> turn_of_warp_;
  std::array<uint8_t, kLanes> turn_of_lane_;
  std::array<uint32_t, kMaxWarps> ready_;  ///< a bit for each lane, in order
  Turn turn_{};
  unsigned warps_ = 0;
  unsigned left_ = 0;
  unsigned at_barrier_ = 0;
  int votes_ = 0;

  Thread* current_ = nullptr;
  Fiber host_;
  StackRoom stacks_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;
  std::unique_ptr<char, decltype(&std::free)> dynamic_shared_;
  std::vector<Incident> incidents_;
};

}  // namespace tailor::simt
