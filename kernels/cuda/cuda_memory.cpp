#include "kernels/cuda/cuda_memory.h"

#include <algorithm>
#include <cstring>

#ifdef TAILOR_SIMT
#include "kernels/simt/simt.h"
#endif

namespace tailor::cuda {
namespace {

#ifdef TAILOR_SIMT
// Each piece exactly as large as asked, and none used twice: so the runner sees what leaves it.
constexpr size_t kRoundTo = 1, kMostCached = 0;
#else
constexpr size_t kRoundTo = 512, kMostCached = ~size_t{0};
#endif

void* take(size_t bytes) {
  void* data = nullptr;
  const cudaError_t status = cudaMalloc(&data, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // or the next launch would report it
    return nullptr;
  }
  check(status, "cudaMalloc");
  return data;
}

template <class T>
T* pinned(size_t bytes) {
  void* data = nullptr;
  check(cudaHostAlloc(&data, bytes, cudaHostAllocDefault), "cudaHostAlloc");
  return static_cast<T*>(data);
}

}  // namespace

CudaMemory::CudaMemory()
    : pool_({.take = take,
             .give_back = [](void* data) { cudaFree(data); },
             .round_to = kRoundTo,
             .most_cached = kMostCached}) {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  stream_.reset(stream);
  fault_.reset(pinned<Fault>(sizeof(Fault)));
  fault_->row = kNoFault;
}

CudaMemory::~CudaMemory() {
  cudaStreamSynchronize(stream());  // before what its work uses goes; errors were thrown before
}

void CudaMemory::copy(void* to, const void* from, size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream()), "cudaMemcpyAsync");
}

CudaMemory::Staging& CudaMemory::next_staging() {
  Staging& staging = staging_[turn_++ % staging_.size()];
  if (!staging.data) {
    staging.data.reset(pinned<std::byte>(kStagingBytes));
    cudaEvent_t done = nullptr;
    check(cudaEventCreateWithFlags(&done, cudaEventDisableTiming), "cudaEventCreateWithFlags");
    staging.done.reset(done);
  } else {
    check(cudaEventSynchronize(staging.done.get()), "cudaEventSynchronize");
  }
  return staging;
}

void CudaMemory::copy_from_host(void* to, const void* from, size_t bytes) {
  const std::scoped_lock lock(staging_mutex_);
  for (size_t begin = 0; begin < bytes; begin += kStagingBytes) {
    const size_t part = std::min(kStagingBytes, bytes - begin);
    Staging& staging = next_staging();
    std::memcpy(staging.data.get(), static_cast<const std::byte*>(from) + begin, part);
    check(cudaMemcpyAsync(static_cast<std::byte*>(to) + begin, staging.data.get(), part,
                          cudaMemcpyHostToDevice, stream()),
          "cudaMemcpyAsync");
    check(cudaEventRecord(staging.done.get(), stream()), "cudaEventRecord");
  }
}

void CudaMemory::copy_to_host(void* to, const void* from, size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream()), "cudaMemcpyAsync");
  synchronize();
}

void CudaMemory::zero(void* data, size_t bytes) {
  check(cudaMemsetAsync(data, 0, bytes, stream()), "cudaMemsetAsync");
}

void CudaMemory::synchronize() {
  check(cudaStreamSynchronize(stream()), "cudaStreamSynchronize");
#ifdef TAILOR_SIMT
  if (const auto findings = simt::watch().take_findings(); !findings.empty()) {
    throw Error("{}: {}{}", findings[0].kind, findings[0].text,
                findings.size() > 1 ? fmt::format(" (and {} more)", findings.size() - 1) : "");
  }
#endif
  if (fault_->row != kNoFault) {
    const Fault fault = *fault_;
    fault_->row = kNoFault;
    throw Error("cross_entropy: expected labels from 0 to {}, got {} at row {}", fault.classes - 1,
                fault.label, fault.row);
  }
}

}  // namespace tailor::cuda
