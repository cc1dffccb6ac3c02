#include "kernels/api/host_memory.h"

#include <cstdlib>
#include <cstring>

#include "kernels/api/caching_pool.h"

namespace tailor {
namespace {

constexpr size_t kAlignment = 64;
#ifdef __SANITIZE_ADDRESS__
constexpr size_t kMostCached = 0;  // reuse would hide a use after free
#else
constexpr size_t kMostCached = size_t{128} << 20;
#endif

class HostMemory final : public Memory {
 public:
  void* allocate(size_t bytes) override { return pool_.allocate(bytes); }
  void release(void* data, size_t bytes) noexcept override { pool_.release(data, bytes); }

  void copy(void* to, const void* from, size_t bytes) override {
    if (bytes != 0) std::memcpy(to, from, bytes);
  }
  void copy_from_host(void* to, const void* from, size_t bytes) override { copy(to, from, bytes); }
  void copy_to_host(void* to, const void* from, size_t bytes) override { copy(to, from, bytes); }
  void zero(void* data, size_t bytes) override {
    if (bytes != 0) std::memset(data, 0, bytes);
  }

  MemoryCounters counters() const override { return pool_.counters(); }
  void reset_peak() override { pool_.reset_peak(); }

 private:
  CachingPool pool_{{.take = [](size_t bytes) { return std::aligned_alloc(kAlignment, bytes); },
                     .give_back = [](void* data) { std::free(data); },
                     .round_to = kAlignment,
                     .most_cached = kMostCached}};
};

}  // namespace

std::shared_ptr<Memory> make_host_memory() { return std::make_shared<HostMemory>(); }

}  // namespace tailor
