// What a kernel gets: where the numbers lie, what they are and how many. It owns nothing.
#pragma once

#include "kernels/api/dtype.h"
#include "kernels/api/shape.h"

namespace tailor {

/// Contiguous elements in the memory of one backend. A view without data stands for "not given".
struct View {
  void* data = nullptr;
  DType dtype = DType::f32;
  Shape shape;

  explicit operator bool() const { return data != nullptr; }
  int64_t count() const { return shape.count(); }
  size_t bytes() const { return static_cast<size_t>(count()) * size_of(dtype); }

  /// The elements; the caller knows that dtype is T's and that the memory is the host's.
  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

}  // namespace tailor
