// From any dtype to any other.
#include "kernels/api/convert.h"
#include "kernels/cpu/loops.h"

namespace tailor::cpu {
namespace {

template <class From, class To>
void cast_to(Backend& backend, View x_view, View y_view) {
  const From* x = x_view.as<From>();
  To* y = y_view.as<To>();
  for_parts(backend, x_view.count(), kPart, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = convert<To>(x[i]);
  });
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

TAILOR_KERNEL(cpu_table(), cast, f32, "loop", cast<float>);
TAILOR_KERNEL(cpu_table(), cast, bf16, "loop", cast<bf16>);
TAILOR_KERNEL(cpu_table(), cast, f64, "loop", cast<double>);
TAILOR_KERNEL(cpu_table(), cast, u8, "loop", cast<uint8_t>);
TAILOR_KERNEL(cpu_table(), cast, i8, "loop", cast<int8_t>);
TAILOR_KERNEL(cpu_table(), cast, i32, "loop", cast<int32_t>);
TAILOR_KERNEL(cpu_table(), cast, i64, "loop", cast<int64_t>);

}  // namespace
}  // namespace tailor::cpu
