#include "kernels/api/host_memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "kernels/api/error.h"

namespace tailor {
namespace {

constexpr size_t kAlignment = 64;
#ifdef __SANITIZE_ADDRESS__
constexpr size_t kMaxCached = 0;  // reuse would hide a use after free
#else
constexpr size_t kMaxCached = size_t{128} << 20;
#endif

struct Free {
  void operator()(void* data) const noexcept { std::free(data); }
};
using Block = std::unique_ptr<void, Free>;

class HostMemory final : public Memory {
 public:
  void* allocate(size_t bytes) override {
    const std::scoped_lock lock(mutex_);
    Block block = take_cached(rounded(bytes));
    if (!block) block = fresh(rounded(bytes));
    counters_.live += bytes;
    counters_.peak = std::max(counters_.peak, counters_.live);
    return block.release();
  }

  void release(void* data, size_t bytes) noexcept override {
    const std::scoped_lock lock(mutex_);
    counters_.live -= bytes;
    Block block(data);
    if (cached_bytes_ + rounded(bytes) > kMaxCached) return;
    try {
      cached_.emplace(rounded(bytes), std::move(block));
      cached_bytes_ += rounded(bytes);
    } catch (const std::bad_alloc&) {  // then it is freed instead of kept
    }
  }

  void copy(void* to, const void* from, size_t bytes) override {
    if (bytes != 0) std::memcpy(to, from, bytes);
  }
  void copy_from_host(void* to, const void* from, size_t bytes) override { copy(to, from, bytes); }
  void copy_to_host(void* to, const void* from, size_t bytes) override { copy(to, from, bytes); }
  void zero(void* data, size_t bytes) override {
    if (bytes != 0) std::memset(data, 0, bytes);
  }

  MemoryCounters counters() const override {
    const std::scoped_lock lock(mutex_);
    return counters_;
  }
  void reset_peak() override {
    const std::scoped_lock lock(mutex_);
    counters_.peak = counters_.live;
  }

 private:
  static size_t rounded(size_t bytes) {
    return std::max(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  }

  Block take_cached(size_t bytes) {
    const auto found = cached_.find(bytes);
    if (found == cached_.end()) return nullptr;
    Block block = std::move(found->second);
    cached_.erase(found);
    cached_bytes_ -= bytes;
    return block;
  }

  Block fresh(size_t bytes) {
    Block block(std::aligned_alloc(kAlignment, bytes));
    if (!block && !cached_.empty()) {
      cached_.clear();
      cached_bytes_ = 0;
      block.reset(std::aligned_alloc(kAlignment, bytes));
    }
    if (!block) {
      throw Error(
          "memory: expected {} bytes, got none while {} bytes are in use (try a smaller "
          "--batch)",
          bytes, counters_.live);
    }
    return block;
  }

  mutable std::mutex mutex_;
  MemoryCounters counters_;
  std::multimap<size_t, Block> cached_;
  size_t cached_bytes_ = 0;
};

}  // namespace

std::shared_ptr<Memory> make_host_memory() { return std::make_shared<HostMemory>(); }

}  // namespace tailor
