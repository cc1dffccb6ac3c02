// What a device that watches its kernels can tell. The simt devices are such; verify asks them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tailor {

/// Which of the threads that could go on goes on first. A correct kernel gives the same numbers in
/// every order.
enum class ThreadOrder : uint8_t { ascending, descending, shuffled };

/// Something a kernel did that it must not.
struct Finding {
  std::string kind;  ///< "race", "out of bounds", "uninitialised", "barrier", "lane mask", ...
  std::string
      text;  ///< one line with the kernel, and the source line, block and thread of each access
  uint64_t count = 1;
};

/// What the threads of one source line cost, over all launches since counting began.
struct LineCounters {
  std::string kernel;
  std::string place;           ///< "kernels/cuda/pooling.cu:61"
  std::string kind;            ///< "global read", "shared write", "barrier"
  uint64_t requests = 0;       ///< times that a warp came by
  uint64_t bytes = 0;          ///< that its lanes asked for
  uint64_t sectors = 0;        ///< of 32 bytes, that global memory moved
  uint64_t ideal_sectors = 0;  ///< as few as those bytes could lie in
  uint64_t wavefronts = 0;     ///< of shared memory; more than requests by bank conflicts
  uint64_t divergent = 0;      ///< requests in which not all lanes of the warp took part
};

/// Not thread-safe; findings and counters come in the same order whatever the host's threads did.
class Watch {
 public:
  Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  virtual ~Watch() = default;

  /// For the launches that follow.
  virtual void set_order(ThreadOrder order) = 0;
  /// A kernel that touches these bytes is out of bounds, until their memory is released.
  virtual void forbid(const void* data, size_t bytes) = 0;
  /// A kernel that reads one of these bytes before a write reads uninitialised memory.
  virtual void forget(const void* data, size_t bytes) = 0;

  /// Since the last call. Findings that nobody took make Backend::synchronize throw.
  virtual std::vector<Finding> take_findings() = 0;
  virtual void count(bool on) = 0;
  virtual std::vector<LineCounters> take_counters() = 0;
};

}  // namespace tailor
