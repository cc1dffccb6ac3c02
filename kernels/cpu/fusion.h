// An Epilogue in oneDNN's words: computed by the primitive of the product that it follows.
#pragma once

#include "kernels/cpu/onednn.h"

namespace tailor {

/// The epilogue of one product y. Its residual is added to by the product: reading it from another
/// tensor would take a slower kernel than a copy costs.
class Fusion {
 public:
  Fusion() = default;
  explicit Fusion(const Epilogue& e) : epilogue_(e) {}

  bool has_bias() const { return static_cast<bool>(epilogue_.bias); }
  void append_to(std::vector<int64_t>& key) const;
  dnnl::primitive_attr attributes() const;
  /// Adds the bias and moves the residual into y, where it does not lie already.
  void prepare(Backend& backend, const dnnl::memory::desc& bias, const View& y,
               Onednn::Arguments& arguments) const;

 private:
  Epilogue epilogue_;
};

}  // namespace tailor
