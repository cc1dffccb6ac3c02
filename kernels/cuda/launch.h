// Starting a kernel: `launch(backend, {blocks, threads}, kernel<float>)(x, y, count);`
#pragma once

#include <algorithm>
#include <source_location>

#include "kernels/cuda/cuda_backend.h"
#include "kernels/cuda/dialect.h"

namespace tailor::cuda {

/// The threads of a launch, and the dynamic shared memory of each block, at most 227 KiB.
struct Grid {
  dim3 blocks;
  dim3 threads;
  size_t shared_bytes = 0;
};

/// Blocks of so many threads that cover `count` elements, one each; past a number that fills every
/// GPU, kernels go on in strides of the whole grid.
inline unsigned blocks_for(int64_t count, int threads) {
  constexpr int64_t kMost = 1 << 16;
  return static_cast<unsigned>(std::clamp<int64_t>((count + threads - 1) / threads, 1, kMost));
}

/// A kernel with its grid, which takes the kernel's arguments. Throws Error with the place of the
/// launch when the device refuses it.
template <class... Parameters>
class Launch {
 public:
  Launch(CudaBackend& backend, const Grid& grid, void (*kernel)(Parameters...),
         std::source_location place)
      : backend_(backend), grid_(grid), kernel_(kernel), place_(place) {}

  void operator()(Parameters... arguments) const {
#ifdef __CUDACC__
    constexpr size_t kAlwaysAllowed = 48 << 10;
    if (grid_.shared_bytes > kAlwaysAllowed) {
      check(cudaFuncSetAttribute(kernel_, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 static_cast<int>(grid_.shared_bytes)),
            "cudaFuncSetAttribute", place_);
    }
    kernel_<<<grid_.blocks, grid_.threads, grid_.shared_bytes, backend_.stream()>>>(arguments...);
#else
    simt::launch(kernel_, grid_.blocks, grid_.threads, grid_.shared_bytes, arguments...);
#endif
    check(cudaGetLastError(), "launch", place_);
  }

 private:
  CudaBackend& backend_;
  Grid grid_;
  void (*kernel_)(Parameters...);
  std::source_location place_;
};

template <class... Parameters>
Launch<Parameters...> launch(Backend& backend, const Grid& grid, void (*kernel)(Parameters...),
                             std::source_location place = std::source_location::current()) {
  return {as_cuda(backend), grid, kernel, place};
}

}  // namespace tailor::cuda
