#include "kernels/api/caching_pool.h"

#include <algorithm>
#include <new>

#include "kernels/api/error.h"

namespace tailor {

void* CachingPool::allocate(size_t bytes) {
  const std::scoped_lock lock(mutex_);
  const size_t size = rounded(bytes);
  void* data = nullptr;
  if (const auto found = cached_.find(size); found != cached_.end()) {
    data = found->second;
    cached_.erase(found);
    counters_.cached -= size;
  } else {
    data = options_.take(size);
    if (data == nullptr && !cached_.empty()) {
      drop_cached();
      data = options_.take(size);
    }
  }
  if (data == nullptr) {
    throw Error(
        "memory: expected {} bytes, got none while {} bytes are in use (try a smaller --batch)",
        size, counters_.live);
  }
  counters_.live += bytes;
  counters_.peak = std::max(counters_.peak, counters_.live);
  return data;
}

void CachingPool::release(void* data, size_t bytes) noexcept {
  const std::scoped_lock lock(mutex_);
  const size_t size = rounded(bytes);
  counters_.live -= bytes;
  if (counters_.cached + size <= options_.most_cached) {
    try {
      cached_.emplace(size, data);
      counters_.cached += size;
      return;
    } catch (const std::bad_alloc&) {  // then it is given back instead of kept
    }
  }
  options_.give_back(data);
}

MemoryCounters CachingPool::counters() const {
  const std::scoped_lock lock(mutex_);
  return counters_;
}

void CachingPool::reset_peak() {
  const std::scoped_lock lock(mutex_);
  counters_.peak = counters_.live;
}

size_t CachingPool::rounded(size_t bytes) const {
  return std::max(options_.round_to,
                  (bytes + options_.round_to - 1) / options_.round_to * options_.round_to);
}

void CachingPool::drop_cached() {
  for (const auto& [size, data] : cached_) options_.give_back(data);
  cached_.clear();
  counters_.cached = 0;
}

}  // namespace tailor
