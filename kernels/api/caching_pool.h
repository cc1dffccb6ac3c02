// Memory that is kept when given back, for the next who asks for as much: a training step asks for
// the same sizes again and again, and systems take long to hand out large pieces.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>

#include "kernels/api/memory.h"

namespace tailor {

/// Thread-safe.
class CachingPool {
 public:
  struct Options {
    std::function<void*(size_t bytes)> take;  ///< from the system; nullptr when it has no more
    std::function<void(void*)> give_back;
    size_t round_to = 1;     ///< pieces are multiples of this
    size_t most_cached = 0;  ///< bytes; beyond, pieces go back to the system
  };

  explicit CachingPool(Options options) : options_(std::move(options)) {}
  CachingPool(const CachingPool&) = delete;
  CachingPool& operator=(const CachingPool&) = delete;
  ~CachingPool() { drop_cached(); }

  /// Throws Error "memory: ..." when there is not enough, even with the cache dropped.
  void* allocate(size_t bytes);
  void release(void* data, size_t bytes) noexcept;

  MemoryCounters counters() const;
  void reset_peak();

 private:
  size_t rounded(size_t bytes) const;
  void drop_cached();

  Options options_;
  mutable std::mutex mutex_;
  MemoryCounters counters_;
  std::multimap<size_t, void*> cached_;
};

}  // namespace tailor
