// Activations and sums.
#include "kernels/cpu/activation.h"
#include "kernels/cpu/row_sums.h"

namespace tailor::cpu {
namespace {

template <Activation kind>
TAILOR_VECTORIZED void activate_all(const float* x, float* y, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) y[i] = activate<kind>(x[i]);
}

void activation(Backend& backend, Activation activation_kind, View x, View y) {
  with_activation(activation_kind, [&](auto kind) {
    for_parts(backend, x.count(), kPart, [&](int64_t begin, int64_t end) {
      activate_all<kind>(x.as<float>() + begin, y.as<float>() + begin, end - begin);
    });
  });
}

template <Activation kind>
TAILOR_VECTORIZED void differentiate_all(const float* y, const float* dy, float* dx,
                                         int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) dx[i] = activation_gradient<kind>(y[i], dy[i]);
}

void activation_backward(Backend& backend, Activation activation_kind, View y, View dy, View dx) {
  with_activation(activation_kind, [&](auto kind) {
    for_parts(backend, y.count(), kPart, [&](int64_t begin, int64_t end) {
      differentiate_all<kind>(y.as<float>() + begin, dy.as<float>() + begin, dx.as<float>() + begin,
                              end - begin);
    });
  });
}

TAILOR_VECTORIZED void add_all(const float* a, const float* b, float* y, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
}

void add(Backend& backend, View a, View b, View y) {
  if (a.shape == b.shape) {
    return for_parts(backend, a.count(), kPart, [&](int64_t begin, int64_t end) {
      add_all(a.as<float>() + begin, b.as<float>() + begin, y.as<float>() + begin, end - begin);
    });
  }
  const int64_t channels = b.count();
  for_parts(backend, a.count() / channels, rows_of(kPart, channels),
            [&](int64_t begin, int64_t end) {
              for (int64_t i = begin * channels; i < end * channels; i += channels) {
                add_all(a.as<float>() + i, b.as<float>(), y.as<float>() + i, channels);
              }
            });
}

TAILOR_VECTORIZED void add_rows(const float* dy, int64_t rows, int64_t channels, float* sums) {
  for (int64_t row = 0; row < rows; ++row) {
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) sums[c] += dy[row * channels + c];
  }
}

void sum_to_channels(Backend& backend, View dy, View db) {
  const int64_t channels = db.count();
  const double* sums = sum_rows(
      backend, dy.count() / channels, channels, 1, [&](int64_t begin, int64_t end, float* part) {
        add_rows(dy.as<float>() + begin * channels, end - begin, channels, part);
      });
  std::copy_n(sums, channels, db.as<float>());
}

TAILOR_KERNEL(cpu_table(), activation, f32, "vector", activation);
TAILOR_KERNEL(cpu_table(), activation_backward, f32, "vector", activation_backward);
TAILOR_KERNEL(cpu_table(), add, f32, "vector", add);
TAILOR_KERNEL(cpu_table(), sum_to_channels, f32, "vector", sum_to_channels);

}  // namespace
}  // namespace tailor::cpu
