// The checks that operations share: one place for the wording.
#pragma once

#include <string_view>

#include "tensor/tensor.h"

namespace tailor {

/// Throws Error unless `tensor` is defined() and has this many dimensions.
inline void expect_rank(std::string_view op, std::string_view what, const Tensor& tensor,
                        int rank) {
  if (!tensor.defined()) throw Error("{}: expected {}, got an undefined tensor", op, what);
  if (tensor.shape().rank() != rank) {
    throw Error("{}: expected {} of {} dimensions, got shape {}", op, what, rank,
                to_string(tensor.shape()));
  }
}

inline void expect_shape(std::string_view op, std::string_view what, const Tensor& tensor,
                         const Shape& shape) {
  if (!tensor.defined() || tensor.shape() != shape) {
    throw Error("{}: expected {} {}, got {}", op, what, to_string(shape),
                tensor.defined() ? to_string(tensor.shape()) : "none");
  }
}

/// Throws Error unless `tensor` (where given) is on x's device and of its dtype.
inline void expect_like(std::string_view op, std::string_view what, const Tensor& tensor,
                        const Tensor& x) {
  if (!tensor.defined()) return;
  if (tensor.dtype() != x.dtype()) {
    throw Error("{}: expected {} of {}, got {}", op, what, name_of(x.dtype()),
                name_of(tensor.dtype()));
  }
  if (tensor.backend()->memory() != x.backend()->memory()) {
    throw Error("{}: expected {} on device {}, got {}", op, what, x.backend()->device(),
                tensor.backend()->device());
  }
}

/// A tensor for results like x but for the shape.
inline Tensor empty_like(const Tensor& x, const Shape& shape) {
  return Tensor::empty(shape, x.dtype(), x.backend());
}
inline Tensor empty_like(const Tensor& x) { return empty_like(x, x.shape()); }

}  // namespace tailor
