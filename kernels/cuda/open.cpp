// The one function that this plug-in exports.
#include <string>

#include "kernels/api/plugin.h"
#include "kernels/cuda/card.h"
#include "kernels/cuda/cuda_memory.h"

extern "C" __attribute__((visibility("default"))) const char* tailor_open_device(
    const char* build_id, const tailor::StreamOptions* options, tailor::Backend** backend) {
  static thread_local std::string reason;
  try {
    if (build_id != std::string_view(TAILOR_BUILD_ID)) {
      throw tailor::Error("device {}: expected a program of build {}, got {} (install both anew)",
                          TAILOR_DEVICE, TAILOR_BUILD_ID, build_id);
    }
    tailor::cuda::prepare_card(*options);
    *backend = std::make_unique<tailor::cuda::CudaBackend>(
                   *options, std::make_shared<tailor::cuda::CudaMemory>())
                   .release();
    return nullptr;
  } catch (const std::exception& error) {
    reason = error.what();
  } catch (...) {
    reason = "device " TAILOR_DEVICE ": unknown error";
  }
  return reason.c_str();
}
