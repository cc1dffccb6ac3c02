// CUDA as a device. The simt devices are the same code over kernels/simt's stand-in for the
// runtime, so what is written here is tested without a GPU.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <memory>
#include <source_location>

#include "kernels/api/backend.h"

namespace tailor::cuda {

/// The rows of this device.
Table& table();

/// Throws Error with the call, its place and the reason unless `status` is cudaSuccess.
void check(cudaError_t status, const char* call,
           std::source_location place = std::source_location::current());

/// What a kernel tells the host about data it cannot accept: a label that is no class. The lowest
/// such row wins. The host sees it when it next waits for the device, and throws.
struct Fault {
  unsigned long long row;  ///< kNoFault: none
  int64_t label;
  int64_t classes;
};
constexpr unsigned long long kNoFault = ~0ULL;

class CudaMemory;

/// Calls return before the device has finished; synchronize() and copies to the host wait. All
/// backends over one memory share its stream. stream() and scratch() are virtual for kernels in
/// libraries of their own, which see no symbol of this one.
class CudaBackend : public Backend {
 public:
  CudaBackend(const StreamOptions& options, std::shared_ptr<CudaMemory> memory);

  std::unique_ptr<Backend> fork(const StreamOptions& options) const override;
  /// Throws Error when a kernel failed or raised a fault.
  void synchronize() override;
  Watch* watch() override;

  virtual cudaStream_t stream() const;
  /// Device memory for one operation, taken over by the next call; aligned to 256.
  virtual void* scratch(size_t bytes);
  template <class T>
  T* scratch_of(int64_t count) {
    return static_cast<T*>(scratch(static_cast<size_t>(count) * sizeof(T)));
  }
  /// In memory that kernels can write.
  Fault* fault() const;

 private:
  std::shared_ptr<CudaMemory> cuda_memory_;
  Buffer scratch_;
};

/// The backend that launched a row of table().
inline CudaBackend& as_cuda(Backend& backend) { return static_cast<CudaBackend&>(backend); }

}  // namespace tailor::cuda
