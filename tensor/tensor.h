// Tensor: a handle on numbers in a device's memory, and what autograd knows about them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "kernels/api/backend.h"

namespace tailor {

struct Node;

/// Contiguous, row-major, cheap to copy: copies share storage, gradient and history.
class Tensor {
 public:
  /// Not a tensor; defined() is false. Stands for "not given" in argument lists.
  Tensor() = default;

  /// Uninitialised.
  static Tensor empty(const Shape& shape, DType dtype, const std::shared_ptr<Backend>& backend);
  static Tensor zeros(const Shape& shape, DType dtype, const std::shared_ptr<Backend>& backend);
  /// Copies from the host. Throws Error when the count is not the shape's.
  template <class T>
  static Tensor from(std::span<const T> values, const Shape& shape,
                     const std::shared_ptr<Backend>& backend) {
    return from_bytes(std::as_bytes(values), kDType<T>, shape, backend);
  }
  template <class T>
  static Tensor from(const std::vector<T>& values, const Shape& shape,
                     const std::shared_ptr<Backend>& backend) {
    return from(std::span<const T>(values), shape, backend);
  }
  static Tensor from_bytes(std::span<const std::byte> bytes, DType dtype, const Shape& shape,
                           const std::shared_ptr<Backend>& backend);

  bool defined() const { return impl_ != nullptr; }
  const Shape& shape() const { return impl_->shape; }
  int64_t count() const { return impl_->shape.count(); }
  DType dtype() const { return impl_->dtype; }
  const std::shared_ptr<Backend>& backend() const { return impl_->backend; }
  /// What kernels take; an empty view where this is not defined().
  View view() const;
  /// Tells this value from every other one of this process; 0 when not defined().
  uint64_t id() const { return defined() ? impl_->id : 0; }

  /// A copy on the host. Throws Error unless T is the dtype.
  template <class T>
  std::vector<T> to_vector() const {
    std::vector<T> values(static_cast<size_t>(count()));
    copy_to_host(std::as_writable_bytes(std::span(values)), kDType<T>);
    return values;
  }
  /// The only element.
  template <class T>
  T item() const {
    T value;
    copy_to_host(std::as_writable_bytes(std::span(&value, 1)), kDType<T>);
    return value;
  }
  /// Overwrites the numbers, leaving every handle on them valid. Throws Error when shape or dtype
  /// differ.
  void copy_from(const Tensor& other);

  /// The same numbers without history; detach shares the storage, clone does not.
  Tensor detach() const;
  Tensor clone() const;
  /// On another device, or itself when it is there already. Without history.
  Tensor to(const std::shared_ptr<Backend>& backend) const;
  /// The same storage under another shape of equal count, without history (flatten keeps it).
  Tensor view_as(const Shape& shape) const;

  /// Whether backward() shall leave a gradient here. Only for tensors without history.
  void set_requires_grad(bool requires_grad) { impl_->requires_grad = requires_grad; }
  /// True for such leaves and for everything computed from them outside NoGrad.
  bool requires_grad() const { return defined() && (impl_->requires_grad || impl_->node); }
  /// Not defined() before backward().
  Tensor grad() const;
  void zero_grad() const { impl_->grad.reset(); }
  /// Adds to the gradients of all leaves behind this scalar, and frees the graph on its way. Throws
  /// Error for more than one element, or when the graph is already gone.
  void backward() const;
  /// The same from a given gradient of this tensor's shape.
  void backward(const Tensor& grad) const;

 private:
  struct Impl {
    std::shared_ptr<Buffer> storage;
    Shape shape;
    DType dtype = DType::f32;
    std::shared_ptr<Backend> backend;
    uint64_t id = 0;
    bool requires_grad = false;
    std::shared_ptr<Impl> grad;
    std::shared_ptr<Node> node;
  };
  friend class Autograd;

  explicit Tensor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  static Tensor over(std::shared_ptr<Buffer> storage, const Shape& shape, DType dtype,
                     const std::shared_ptr<Backend>& backend);
  void copy_to_host(std::span<std::byte> bytes, DType dtype) const;

  std::shared_ptr<Impl> impl_;
};

}  // namespace tailor
