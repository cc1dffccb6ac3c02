#include "kernels/cuda/library/errors.h"

#include <array>
#include <string_view>

#include "kernels/cuda/cuda_backend.h"

namespace tailor::cuda {
namespace {

[[noreturn]] void fail(std::string_view library, const char* call, std::string_view reason,
                       const std::source_location& place) {
  throw Error("{}: {}: {} ({}:{})", library, call, reason, place.file_name(), place.line());
}

}  // namespace

void check(cudnnStatus_t status, const char* call, std::source_location place) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  std::array<char, 512> detail{};
  cudnnGetLastErrorString(detail.data(), detail.size());
  fail("cuDNN", call, fmt::format("{} {}", cudnnGetErrorString(status), detail.data()), place);
}

void check(cublasStatus_t status, const char* call, std::source_location place) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail("cuBLASLt", call, cublasLtGetStatusString(status), place);
}

// Declared in cuda_backend.h; the one in libtailor_cuda.so is out of this library's sight.
void check(cudaError_t status, const char* call, std::source_location place) {
  if (status == cudaSuccess) return;
  fail("cuda", call, cudaGetErrorString(status), place);
}

}  // namespace tailor::cuda
