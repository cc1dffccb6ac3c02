// From any dtype to any other.
#include "kernels/api/convert.h"
#include "kernels/reference/reference.h"

namespace tailor {
namespace {

template <class From, class To>
void cast_to(const Backend& backend, View x, View y) {
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t i = 0; i < x.count(); ++i) y.as<To>()[i] = convert<To>(x.as<From>()[i]);
}

template <class From>
void cast(Backend& backend, View x, View y) {
  switch (y.dtype) {
    case DType::f32:
      return cast_to<From, float>(backend, x, y);
    case DType::bf16:
      return cast_to<From, bf16>(backend, x, y);
    case DType::f64:
      return cast_to<From, double>(backend, x, y);
    case DType::u8:
      return cast_to<From, uint8_t>(backend, x, y);
    case DType::i8:
      return cast_to<From, int8_t>(backend, x, y);
    case DType::i32:
      return cast_to<From, int32_t>(backend, x, y);
    case DType::i64:
      return cast_to<From, int64_t>(backend, x, y);
  }
}

TAILOR_KERNEL(reference_table(), cast, f32, "naive", cast<float>);
TAILOR_KERNEL(reference_table(), cast, bf16, "naive", cast<bf16>);
TAILOR_KERNEL(reference_table(), cast, f64, "naive", cast<double>);
TAILOR_KERNEL(reference_table(), cast, u8, "naive", cast<uint8_t>);
TAILOR_KERNEL(reference_table(), cast, i8, "naive", cast<int8_t>);
TAILOR_KERNEL(reference_table(), cast, i32, "naive", cast<int32_t>);
TAILOR_KERNEL(reference_table(), cast, i64, "naive", cast<int64_t>);

}  // namespace
}  // namespace tailor
