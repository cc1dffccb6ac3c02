// The one function that this library exports.
#include <exception>
#include <string>
#include <string_view>

#include "kernels/api/error.h"
#include "kernels/cuda/library/rows.h"

/// Adds the rows of cuDNN and cuBLASLt behind those the table has, as the better ones. To be called
/// once, with the card to compute on current. Returns nullptr, or in one line why the table stays
/// as it was; the text lives until the next call.
extern "C" __attribute__((visibility("default"))) const char* tailor_add_library_rows(
    tailor::Table* table, const char* build_id) noexcept {
  static thread_local std::string reason;
  try {
    if (build_id != std::string_view(TAILOR_BUILD_ID)) {
      throw tailor::Error("expected a program of build {}, got {} (install both anew)",
                          TAILOR_BUILD_ID, build_id);
    }
    tailor::cuda::open_cudnn();
    tailor::cuda::open_cublaslt();
    tailor::cuda::add_cudnn_rows(*table);
    tailor::cuda::add_cublaslt_rows(*table);
    return nullptr;
  } catch (const std::exception& error) {
    reason = error.what();
  } catch (...) {
    reason = "unknown error";
  }
  return reason.c_str();
}
