// What the lines of kernels cost. The n-th access of an instruction by the lanes of a warp since
// the warp last waited is one request, as if the lanes had gone in step.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "kernels/api/watch.h"
#include "kernels/simt/block_runner.h"
#include "kernels/simt/track/order.h"

namespace tailor::simt {

/// Sums over the requests of an instruction.
struct SiteCounters {
  uint64_t requests = 0;
  uint64_t bytes = 0;
  uint64_t sectors = 0;
  uint64_t ideal_sectors = 0;
  uint64_t wavefronts = 0;
  uint64_t divergent = 0;
};

/// Those of one host thread.
class Counters {
 public:
  bool on() const { return on_; }
  void begin_share(bool on) { on_ = on; }
  void begin_block(const BlockRunner& runner);
  void add(const Now& access, unsigned size, uintptr_t offset);
  void barrier(BlockRunner& runner);
  /// The lanes of the warp wait or have left.
  void end_warp(BlockRunner& runner, unsigned warp);
  /// Adds what was counted to that of all host threads.
  void end_share(const BlockRunner& runner);

 private:
  struct Request {
    uint32_t lanes = 0;
    unsigned size = 0;
    std::array<uintptr_t, kLanes> address{};
  };
  struct Site {
    uint32_t pc;
    Access kind;
    bool shared;
    SiteCounters sums;
    std::vector<Request> requests;            ///< of the warp that is running
    std::array<uint32_t, kLanes> accesses{};  ///< by each of its lanes
  };

  Site& site_of(const Now& access);
  /// Sums what the running warp did.
  void end_requests();
  void sum(Site& site, uint32_t living) const;

  bool on_ = false;
  std::vector<Site> sites_;
  std::unordered_map<uint64_t, size_t> index_;
  std::vector<size_t> active_;                ///< sites of the running warp
  unsigned warp_ = 0;                         ///< of these
  std::array<uint32_t, kMaxWarps> living_{};  ///< lanes when the warp last waited
  std::vector<std::pair<Place, uint64_t>> barriers_;
};

/// Of all launches since the last call.
std::vector<LineCounters> take_line_counters();

}  // namespace tailor::simt
