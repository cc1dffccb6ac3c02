// From any dtype to any other.
#include "kernels/api/convert.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/wide.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 256;

/// One thread an element.
template <class From, class To>
__global__ void cast_naive(const From* x, To* y, int64_t count) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) y[i] = convert<To>(x[i]);
}

/// One thread as many elements as the wider of the two types has in 16 bytes, in so many times
/// fewer requests. The few elements behind the last whole vector are done one by one.
template <class From, class To>
__global__ void cast_vector(const From* x, To* y, int64_t count) {
  constexpr int kN = kVecWidth<From> < kVecWidth<To> ? kVecWidth<From> : kVecWidth<To>;
  const int64_t vectors = count / kN;
  for (int64_t i = grid_thread(); i < vectors; i += grid_threads()) {
    const Vec<From, kN> from = load_vec<kN>(x + i * kN);
    Vec<To, kN> to;
    for (int k = 0; k < kN; ++k) to.v[k] = convert<To>(from.v[k]);
    store_vec(y + i * kN, to);
  }
  for (int64_t i = vectors * kN + grid_thread(); i < count; i += grid_threads()) {
    y[i] = convert<To>(x[i]);
  }
}

struct Naive {
  template <class From, class To>
  static void cast(Backend& backend, const View& x, const View& y) {
    launch(backend, {blocks_for(x.count(), kThreads), kThreads}, cast_naive<From, To>)(
        x.as<From>(), y.as<To>(), x.count());
  }
};

struct Vector {
  template <class From, class To>
  static void cast(Backend& backend, const View& x, const View& y) {
    constexpr int64_t kWidest = std::max(sizeof(From), sizeof(To));
    launch(backend, {blocks_for(x.count() * kWidest / 16 + 1, kThreads), kThreads},
           cast_vector<From, To>)(x.as<From>(), y.as<To>(), x.count());
  }
};

template <class Variant, class From>
void cast(Backend& backend, View x, View y) {
  switch (y.dtype) {
    case DType::f32:
      return Variant::template cast<From, float>(backend, x, y);
    case DType::bf16:
      return Variant::template cast<From, bf16>(backend, x, y);
    case DType::f64:
      return Variant::template cast<From, double>(backend, x, y);
    case DType::u8:
      return Variant::template cast<From, uint8_t>(backend, x, y);
    case DType::i8:
      return Variant::template cast<From, int8_t>(backend, x, y);
    case DType::i32:
      return Variant::template cast<From, int32_t>(backend, x, y);
    case DType::i64:
      return Variant::template cast<From, int64_t>(backend, x, y);
  }
}

bool fits(View x, View y) { return are_aligned(x, y); }

TAILOR_KERNEL(table(), cast, f32, "naive", cast<Naive, float>);
TAILOR_KERNEL(table(), cast, bf16, "naive", cast<Naive, bf16>);
TAILOR_KERNEL(table(), cast, f64, "naive", cast<Naive, double>);
TAILOR_KERNEL(table(), cast, u8, "naive", cast<Naive, uint8_t>);
TAILOR_KERNEL(table(), cast, i8, "naive", cast<Naive, int8_t>);
TAILOR_KERNEL(table(), cast, i32, "naive", cast<Naive, int32_t>);
TAILOR_KERNEL(table(), cast, i64, "naive", cast<Naive, int64_t>);
TAILOR_KERNEL(table(), cast, f32, "vector", cast<Vector, float>, fits);
TAILOR_KERNEL(table(), cast, bf16, "vector", cast<Vector, bf16>, fits);
TAILOR_KERNEL(table(), cast, f64, "vector", cast<Vector, double>, fits);
TAILOR_KERNEL(table(), cast, u8, "vector", cast<Vector, uint8_t>, fits);
TAILOR_KERNEL(table(), cast, i8, "vector", cast<Vector, int8_t>, fits);
TAILOR_KERNEL(table(), cast, i32, "vector", cast<Vector, int32_t>, fits);
TAILOR_KERNEL(table(), cast, i64, "vector", cast<Vector, int64_t>, fits);

}  // namespace
}  // namespace tailor::cuda
