#include "tensor/init.h"

#include <cmath>
#include <numbers>
#include <vector>

namespace tailor::init {
namespace {

/// Writes value(i) into element i.
template <class Value>
void fill(Tensor& tensor, const Value& value) {
  const auto write = [&]<class T>(T /*element*/) {
    std::vector<T> values(static_cast<size_t>(tensor.count()));
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(value(i));
    tensor.copy_from(Tensor::from(values, tensor.shape(), tensor.backend()));
  };
  if (tensor.dtype() == DType::f32) return write(float{});
  if (tensor.dtype() == DType::f64) return write(double{});
  throw Error("init: expected f32 or f64, got {}", name_of(tensor.dtype()));
}

}  // namespace

void constant(Tensor& tensor, double value) {
  fill(tensor, [&](size_t) { return value; });
}

void uniform(Tensor& tensor, double bound, const RandomKey& key) {
  fill(tensor, [&](size_t i) { return (2.0 * uniform_at(key, i) - 1.0) * bound; });
}

void normal(Tensor& tensor, double deviation, const RandomKey& key) {
  fill(tensor, [&](size_t i) {
    const PhiloxBlock words = key.at(i / 2);  // two normals a block, 32 bits for each radius
    const double radius = std::sqrt(-2.0 * std::log((words[0] + 1.0) * 0x1p-32));
    const double angle = 2.0 * std::numbers::pi * (words[1] * 0x1p-32);
    return deviation * radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
  });
}

}  // namespace tailor::init
