// The memory of a card, and the stream that all work and copies on it are ordered by.
#pragma once

#include <cuda_runtime.h>

#include <array>
#include <memory>
#include <mutex>

#include "kernels/api/caching_pool.h"
#include "kernels/cuda/cuda_backend.h"

namespace tailor::cuda {

/// Calls a function of the runtime when its owner goes.
template <auto release>
struct Release {
  void operator()(auto* handle) const noexcept { release(handle); }
};

class CudaMemory final : public Memory {
 public:
  /// Throws Error when the device refuses.
  CudaMemory();
  ~CudaMemory() override;

  void* allocate(size_t bytes) override { return pool_.allocate(bytes); }
  /// At once, as what runs still is before what the next owner starts.
  void release(void* data, size_t bytes) noexcept override { pool_.release(data, bytes); }

  void copy(void* to, const void* from, size_t bytes) override;
  /// By way of pinned memory: `from` can be reused on return, while the copy may still wait its
  /// turn.
  void copy_from_host(void* to, const void* from, size_t bytes) override;
  /// Waits for all work; throws as synchronize() does.
  void copy_to_host(void* to, const void* from, size_t bytes) override;
  void zero(void* data, size_t bytes) override;

  MemoryCounters counters() const override { return pool_.counters(); }
  void reset_peak() override { pool_.reset_peak(); }

  cudaStream_t stream() const { return stream_.get(); }
  Fault* fault() const { return fault_.get(); }
  /// Waits for all work. Throws Error when a kernel failed, raised a fault, or was seen by a
  /// watching device to do what it must not.
  void synchronize();

 private:
  using Stream = std::unique_ptr<std::remove_pointer_t<cudaStream_t>, Release<cudaStreamDestroy>>;
  using Event = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, Release<cudaEventDestroy>>;
  template <class T>
  using Pinned = std::unique_ptr<T, Release<cudaFreeHost>>;

  /// A piece of pinned memory, and when the copy from it is done.
  struct Staging {
    Pinned<std::byte> data;
    Event done;
  };
  static constexpr size_t kStagingBytes = size_t{4} << 20;

  /// The piece used longest ago, when the copy from it is done. The caller holds staging_mutex_.
  Staging& next_staging();

  Stream stream_;
  Pinned<Fault> fault_;
  std::mutex staging_mutex_;
  std::array<Staging, 2> staging_;
  size_t turn_ = 0;
  CachingPool pool_;
};

}  // namespace tailor::cuda
