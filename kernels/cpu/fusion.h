// An Epilogue in oneDNN's words: computed by the primitive of the product that it follows.
#pragma once

#include "kernels/cpu/onednn.h"

namespace tailor {

/// The epilogue of one product y.
class Fusion {
 public:
  Fusion() = default;
  Fusion(const Epilogue& e, const View& y);

  bool has_bias() const { return static_cast<bool>(epilogue_.bias); }
  void append_to(std::vector<int64_t>& key) const;
  /// y: the layout of the product and of the residual.
  dnnl::primitive_attr attributes(const dnnl::memory::desc& y) const;
  void add_arguments(const Onednn& onednn, const dnnl::memory::desc& bias,
                     const dnnl::memory::desc& y, Onednn::Arguments& arguments) const;

 private:
  enum class Residual : uint8_t { none, in_place, separate };

  Epilogue epilogue_;
  Residual residual_ = Residual::none;
};

}  // namespace tailor
