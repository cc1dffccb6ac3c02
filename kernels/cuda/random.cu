// Random numbers and dropout, the same choices as on every other device.
#include "kernels/cuda/launch.h"
#include "kernels/cuda/wide.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 256;

/// A product that is fused into its sum would round otherwise than other devices do.
__device__ __forceinline__ float between(float low, float high, float number) {
  return __fadd_rn(low, __fmul_rn(high - low, number));
}

/// One thread an element. Each computes a block of four random words to use one.
template <class T>
__global__ void draw_naive(RandomKey random, float low, float high, T* y, int64_t count) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    y[i] = from_f32<T>(between(low, high, uniform_at(random, static_cast<uint64_t>(i))));
  }
}

/// The uniform numbers of elements `first` to first + N - 1; `first` is a multiple of 4.
template <int N>
__device__ Vec<float, N> uniforms_at(const RandomKey& random, int64_t first) {
  static_assert(N % 4 == 0);
  Vec<float, N> numbers;
  for (int i = 0; i < N; i += 4) {
    const PhiloxBlock words = random.at(static_cast<uint64_t>(first + i) / 4);
    for (int k = 0; k < 4; ++k) numbers.v[i + k] = to_uniform(words[static_cast<size_t>(k)]);
  }
  return numbers;
}

/// One thread the elements that fit 16 bytes: every random word is used. What the last thread has
/// may be less than that.
template <class T>
__global__ void draw_vector(RandomKey random, float low, float high, T* y, int64_t count) {
  constexpr int kN = kVecWidth<T>;
  for (int64_t first = grid_thread() * kN; first < count; first += grid_threads() * kN) {
    Vec<float, kN> numbers = uniforms_at<kN>(random, first);
    for (int k = 0; k < kN; ++k) numbers.v[k] = between(low, high, numbers.v[k]);
    if (first + kN <= count) {
      store_f32(y + first, numbers);
    } else {
      for (int k = 0; k < kN; ++k) {
        if (first + k < count) y[first + k] = from_f32<T>(numbers.v[k]);
      }
    }
  }
}

/// Dropout as kernels take it. With p = 1 nothing is kept and the scale, infinite, is not used.
struct Drop {
  RandomKey random;
  float p;
  float scale;

  explicit Drop(const Dropout& dropout)
      : random(dropout.random),
        p(static_cast<float>(dropout.p)),
        scale(static_cast<float>(1 / (1 - dropout.p))) {}
};

/// One thread an element.
template <class T>
__global__ void drop_naive(Drop drop, const T* x, uint8_t* mask, T* y, int64_t count) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    const bool keep = uniform_at(drop.random, static_cast<uint64_t>(i)) >= drop.p;
    mask[i] = keep ? 1 : 0;
    y[i] = from_f32<T>(keep ? to_f32(x[i]) * drop.scale : 0);
  }
}

/// As draw_vector.
template <class T>
__global__ void drop_vector(Drop drop, const T* x, uint8_t* mask, T* y, int64_t count) {
  constexpr int kN = kVecWidth<T>;
  for (int64_t first = grid_thread() * kN; first < count; first += grid_threads() * kN) {
    const Vec<float, kN> numbers = uniforms_at<kN>(drop.random, first);
    if (first + kN <= count) {
      Vec<float, kN> value = load_f32<kN>(x + first);
      Vec<uint8_t, kN> kept;
      for (int k = 0; k < kN; ++k) {
        const bool keep = numbers.v[k] >= drop.p;
        kept.v[k] = keep ? 1 : 0;
        value.v[k] = keep ? value.v[k] * drop.scale : 0;
      }
      store_vec(mask + first, kept);
      store_f32(y + first, value);
    } else {
      for (int k = 0; k < kN; ++k) {
        if (first + k >= count) break;
        const bool keep = numbers.v[k] >= drop.p;
        mask[first + k] = keep ? 1 : 0;
        y[first + k] = from_f32<T>(keep ? to_f32(x[first + k]) * drop.scale : 0);
      }
    }
  }
}

/// One thread an element.
template <class T>
__global__ void scale_kept_naive(float scale, const T* dy, const uint8_t* mask, T* dx,
                                 int64_t count) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    dx[i] = from_f32<T>(mask[i] != 0 ? to_f32(dy[i]) * scale : 0);
  }
}

/// One thread the elements that fit 16 bytes, and those behind the last whole vector one by one.
template <class T>
__global__ void scale_kept_vector(float scale, const T* dy, const uint8_t* mask, T* dx,
                                  int64_t count) {
  constexpr int kN = kVecWidth<T>;
  const int64_t vectors = count / kN;
  for (int64_t i = grid_thread(); i < vectors; i += grid_threads()) {
    const Vec<uint8_t, kN> kept = load_vec<kN>(mask + i * kN);
    Vec<float, kN> gradient = load_f32<kN>(dy + i * kN);
    for (int k = 0; k < kN; ++k) gradient.v[k] = kept.v[k] != 0 ? gradient.v[k] * scale : 0;
    store_f32(dx + i * kN, gradient);
  }
  for (int64_t i = vectors * kN + grid_thread(); i < count; i += grid_threads()) {
    dx[i] = from_f32<T>(mask[i] != 0 ? to_f32(dy[i]) * scale : 0);
  }
}

Grid naive_grid(int64_t count) { return {blocks_for(count, kThreads), kThreads}; }
template <class T>
Grid vector_grid(int64_t count) {
  return {blocks_for(count / kVecWidth<T> + 1, kThreads), kThreads};
}

template <class T>
void uniform_naive(Backend& backend, const RandomKey& random, float low, float high, View y) {
  launch(backend, naive_grid(y.count()), draw_naive<T>)(random, low, high, y.as<T>(), y.count());
}

template <class T>
void uniform_vector(Backend& backend, const RandomKey& random, float low, float high, View y) {
  launch(backend, vector_grid<T>(y.count()), draw_vector<T>)(random, low, high, y.as<T>(),
                                                             y.count());
}

bool uniform_fits(const RandomKey& /*random*/, float /*low*/, float /*high*/, View y) {
  return are_aligned(y);
}

template <class T>
void dropout_naive(Backend& backend, const Dropout& p, View x, View mask, View y) {
  launch(backend, naive_grid(x.count()), drop_naive<T>)(Drop(p), x.as<T>(), mask.as<uint8_t>(),
                                                        y.as<T>(), x.count());
}

template <class T>
void dropout_vector(Backend& backend, const Dropout& p, View x, View mask, View y) {
  launch(backend, vector_grid<T>(x.count()), drop_vector<T>)(Drop(p), x.as<T>(), mask.as<uint8_t>(),
                                                             y.as<T>(), x.count());
}

template <class T>
void dropout_backward_naive(Backend& backend, const Dropout& p, View dy, View mask, View dx) {
  launch(backend, naive_grid(dy.count()), scale_kept_naive<T>)(
      Drop(p).scale, dy.as<T>(), mask.as<uint8_t>(), dx.as<T>(), dy.count());
}

template <class T>
void dropout_backward_vector(Backend& backend, const Dropout& p, View dy, View mask, View dx) {
  launch(backend, vector_grid<T>(dy.count()), scale_kept_vector<T>)(
      Drop(p).scale, dy.as<T>(), mask.as<uint8_t>(), dx.as<T>(), dy.count());
}

/// Of x, mask, y as of dy, mask, dx.
bool dropout_fits(const Dropout& /*p*/, View from, View mask, View to) {
  return are_aligned(from, mask, to);
}

TAILOR_KERNEL(table(), uniform, f32, "naive", uniform_naive<float>);
TAILOR_KERNEL(table(), uniform, bf16, "naive", uniform_naive<bf16>);
TAILOR_KERNEL(table(), uniform, f32, "vector", uniform_vector<float>, uniform_fits);
TAILOR_KERNEL(table(), uniform, bf16, "vector", uniform_vector<bf16>, uniform_fits);
TAILOR_KERNEL(table(), dropout, f32, "naive", dropout_naive<float>);
TAILOR_KERNEL(table(), dropout, bf16, "naive", dropout_naive<bf16>);
TAILOR_KERNEL(table(), dropout, f32, "vector", dropout_vector<float>, dropout_fits);
TAILOR_KERNEL(table(), dropout, bf16, "vector", dropout_vector<bf16>, dropout_fits);
TAILOR_KERNEL(table(), dropout_backward, f32, "naive", dropout_backward_naive<float>);
TAILOR_KERNEL(table(), dropout_backward, bf16, "naive", dropout_backward_naive<bf16>);
TAILOR_KERNEL(table(), dropout_backward, f32, "vector", dropout_backward_vector<float>,
              dropout_fits);
TAILOR_KERNEL(table(), dropout_backward, bf16, "vector", dropout_backward_vector<bf16>,
              dropout_fits);

}  // namespace
}  // namespace tailor::cuda
