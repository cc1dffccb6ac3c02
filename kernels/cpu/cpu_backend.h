// The CPU as a device: oneDNN computes the products, own vector loops the rest.
#pragma once

#include <cstddef>
#include <memory>

#include "kernels/api/backend.h"

namespace tailor {

class Onednn;

/// The rows of device "cpu".
Table& cpu_table();

/// A number of threads over the host's memory. The same calls give the same bytes; with another
/// number of threads all but conv2d_backward_filter, whose sum oneDNN shares out among them.
class CpuBackend final : public Backend {
 public:
  CpuBackend(const StreamOptions& options, std::shared_ptr<Memory> memory);
  ~CpuBackend() override;

  int streams() const override;
  std::unique_ptr<Backend> fork(const StreamOptions& options) const override;
  /// Throws Error when oneDNN has no convolution of these shapes.
  std::unique_ptr<Packed> pack_conv2d(const Conv2d& p, View w, const Shape& x) override;

  int threads() const { return options().threads; }
  Onednn& onednn() { return *onednn_; }
  /// Working memory for one call, taken over by the next; aligned to 64. Throws Error when there is
  /// not enough.
  std::byte* scratch(size_t bytes);

 private:
  std::unique_ptr<Onednn> onednn_;
  Buffer scratch_;
};

/// The backend that launched a row of cpu_table().
inline CpuBackend& as_cpu(Backend& backend) { return static_cast<CpuBackend&>(backend); }

}  // namespace tailor
