#include <dlfcn.h>

#include <string>

#include "kernels/api/plugin.h"
#include "kernels/cuda/card.h"
#include "kernels/cuda/cuda_backend.h"

namespace tailor::cuda {

#ifdef __CUDACC__

namespace {

__global__ void probe() {}

void check_card() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver) {
    throw Error("--device cuda: expected a driver for CUDA {}.{}, got none or an older one",
                CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
  }
  if (status == cudaErrorNoDevice || (status == cudaSuccess && count == 0)) {
    throw Error("--device cuda: expected a GPU, found none (--device cpu needs none)");
  }
  check(status, "cudaGetDeviceCount");

  cudaFuncAttributes attributes{};
  const cudaError_t loaded = cudaFuncGetAttributes(&attributes, probe);
  if (loaded == cudaErrorNoKernelImageForDevice || loaded == cudaErrorInvalidDeviceFunction ||
      loaded == cudaErrorUnsupportedPtxVersion) {
    cudaGetLastError();
    cudaDeviceProp card{};
    check(cudaGetDeviceProperties(&card, 0), "cudaGetDeviceProperties");
    throw Error("--device cuda: expected a GPU of architecture {}, got {} of architecture {}.{}",
                TAILOR_CUDA_ARCHITECTURES, card.name, card.major, card.minor);
  }
  check(loaded, "cudaFuncGetAttributes");  // a card that is taken, or has no memory left
}

/// Returns why the libraries' rows are not in the table, or nothing.
std::string add_library_rows() {
  void* const library = dlopen(plugin_file("cuda_library").c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return dlerror();
  using Add = const char* (*)(Table*, const char*);
  const auto add = reinterpret_cast<Add>(dlsym(library, "tailor_add_library_rows"));
  if (add == nullptr) return dlerror();
  const char* const reason = add(&table(), TAILOR_BUILD_ID);
  return reason == nullptr ? "" : reason;
}

}  // namespace

void prepare_card(const StreamOptions& options) {
  check_card();
  if (options.products == Products::handwritten) return;
  static const std::string reason = add_library_rows();  // once for all streams
  if (options.products == Products::cudnn && !reason.empty()) {
    throw Error("--conv cudnn: expected cuDNN 9 and cuBLASLt, but {}", reason);
  }
}

#else  // simt needs none

void prepare_card(const StreamOptions& options) {
  if (options.products == Products::cudnn) {
    throw UsageError("--conv cudnn: expected --device cuda, got {}", TAILOR_DEVICE);
  }
}

#endif

}  // namespace tailor::cuda
