#include "kernels/cpu/cpu_backend.h"

#include <omp.h>

#include "kernels/api/host_memory.h"
#include "kernels/cpu/onednn.h"

namespace tailor {
namespace {

std::unique_ptr<Backend> open(const StreamOptions& options) {
  return std::make_unique<CpuBackend>(options, make_host_memory());
}

const RegisterDevice kRegister("cpu", open);

}  // namespace

Table& cpu_table() {
  static Table table("cpu");
  return table;
}

CpuBackend::CpuBackend(const StreamOptions& options, std::shared_ptr<Memory> memory)
    : Backend(cpu_table(), std::move(memory),
              {.threads = options.threads > 0 ? options.threads : omp_get_num_procs()}),
      onednn_(std::make_unique<Onednn>(threads())) {}

CpuBackend::~CpuBackend() = default;

int CpuBackend::streams() const { return omp_get_num_procs(); }

std::unique_ptr<Backend> CpuBackend::fork(const StreamOptions& options) const {
  return std::make_unique<CpuBackend>(options, memory());
}

std::byte* CpuBackend::scratch(size_t bytes) {
  if (scratch_.bytes() < bytes) {
    scratch_ = Buffer();  // first, so that old and new never count together
    scratch_ = Buffer(memory(), bytes);
  }
  return static_cast<std::byte*>(scratch_.data());
}

}  // namespace tailor
