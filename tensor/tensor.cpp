#include "tensor/tensor.h"

#include <atomic>

namespace tailor {
namespace {

uint64_t next_id() {
  static std::atomic<uint64_t> id{0};
  return ++id;
}

}  // namespace

Tensor Tensor::over(std::shared_ptr<Buffer> storage, const Shape& shape, DType dtype,
                    const std::shared_ptr<Backend>& backend) {
  auto impl = std::make_shared<Impl>();
  impl->storage = std::move(storage);
  impl->shape = shape;
  impl->dtype = dtype;
  impl->backend = backend;
  impl->id = next_id();
  return Tensor(std::move(impl));
}

Tensor Tensor::empty(const Shape& shape, DType dtype, const std::shared_ptr<Backend>& backend) {
  for (const int64_t extent : shape) {
    if (extent < 1) throw Error("tensor: expected extents of at least 1, got {}", to_string(shape));
  }
  if (shape.rank() == 0) throw Error("tensor: expected at least one dimension, got none");
  const size_t bytes = static_cast<size_t>(shape.count()) * size_of(dtype);
  return over(std::make_shared<Buffer>(backend->memory(), bytes), shape, dtype, backend);
}

Tensor Tensor::zeros(const Shape& shape, DType dtype, const std::shared_ptr<Backend>& backend) {
  Tensor tensor = empty(shape, dtype, backend);
  backend->memory()->zero(tensor.view().data, tensor.view().bytes());
  return tensor;
}

Tensor Tensor::from_bytes(std::span<const std::byte> bytes, DType dtype, const Shape& shape,
                          const std::shared_ptr<Backend>& backend) {
  Tensor tensor = empty(shape, dtype, backend);
  if (bytes.size() != tensor.view().bytes()) {
    throw Error("tensor: expected {} values for shape {}, got {}", shape.count(), to_string(shape),
                bytes.size() / size_of(dtype));
  }
  backend->memory()->copy_from_host(tensor.view().data, bytes.data(), bytes.size());
  return tensor;
}

View Tensor::view() const {
  if (!defined()) return {};
  return {impl_->storage->data(), impl_->dtype, impl_->shape};
}

void Tensor::copy_to_host(std::span<std::byte> bytes, DType dtype) const {
  if (dtype != this->dtype() || bytes.size() != view().bytes()) {
    throw Error("tensor: expected to read {} values of {}, got {} of {}", count(),
                name_of(this->dtype()), bytes.size() / size_of(dtype), name_of(dtype));
  }
  backend()->synchronize();
  backend()->memory()->copy_to_host(bytes.data(), view().data, bytes.size());
}

void Tensor::copy_from(const Tensor& other) {
  if (shape() != other.shape() || dtype() != other.dtype()) {
    throw Error("tensor: expected {} of {}, got {} of {}", to_string(shape()), name_of(dtype()),
                to_string(other.shape()), name_of(other.dtype()));
  }
  const Tensor here = other.to(backend());
  backend()->memory()->copy(view().data, here.view().data, view().bytes());
}

Tensor Tensor::detach() const { return view_as(shape()); }

Tensor Tensor::clone() const {
  Tensor copy = empty(shape(), dtype(), backend());
  backend()->memory()->copy(copy.view().data, view().data, view().bytes());
  return copy;
}

Tensor Tensor::to(const std::shared_ptr<Backend>& backend) const {
  if (backend->memory() == this->backend()->memory()) {
    return over(impl_->storage, shape(), dtype(), backend);
  }
  std::vector<std::byte> bytes(view().bytes());
  copy_to_host(bytes, dtype());
  return from_bytes(bytes, dtype(), shape(), backend);
}

Tensor Tensor::view_as(const Shape& shape) const {
  if (shape.count() != count()) {
    throw Error("view_as: expected a shape of {} elements, got {}", count(), to_string(shape));
  }
  return over(impl_->storage, shape, dtype(), backend());
}

Tensor Tensor::grad() const { return defined() && impl_->grad ? Tensor(impl_->grad) : Tensor(); }

}  // namespace tailor
