#include "kernels/cuda/cuda_backend.h"

#include "kernels/cuda/cuda_memory.h"

#ifdef TAILOR_SIMT
#include "kernels/simt/simt.h"
#endif

namespace tailor::cuda {

Table& table() {
  static Table table(TAILOR_DEVICE);
  return table;
}

void check(cudaError_t status, const char* call, std::source_location place) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // told here, and not again by the next launch
  throw Error("{}: {} failed at {}:{}: {} ({})", TAILOR_DEVICE, call, place.file_name(),
              place.line(), cudaGetErrorString(status), cudaGetErrorName(status));
}

CudaBackend::CudaBackend(const StreamOptions& options, std::shared_ptr<CudaMemory> memory)
    : Backend(table(), memory, options), cuda_memory_(std::move(memory)) {}

std::unique_ptr<Backend> CudaBackend::fork(const StreamOptions& options) const {
  return std::make_unique<CudaBackend>(options, cuda_memory_);
}

void CudaBackend::synchronize() { cuda_memory_->synchronize(); }

Watch* CudaBackend::watch() {
#ifdef TAILOR_SIMT
  return &simt::watch();
#else
  return nullptr;
#endif
}

cudaStream_t CudaBackend::stream() const { return cuda_memory_->stream(); }

void* CudaBackend::scratch(size_t bytes) {
#ifdef TAILOR_SIMT
  scratch_ = Buffer();  // anew each time, so that reading what an earlier operation left is seen
  scratch_ = Buffer(memory(), bytes);
#else
  if (scratch_.bytes() < bytes) {
    scratch_ = Buffer();  // first, so that old and new never count together
    scratch_ = Buffer(memory(), bytes);
  }
#endif
  return scratch_.data();
}

Fault* CudaBackend::fault() const { return cuda_memory_->fault(); }

}  // namespace tailor::cuda
