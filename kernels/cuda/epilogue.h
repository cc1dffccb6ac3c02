// What happens to a finished sum before it is stored, for the kernels of convolutions and products.
#pragma once

#include "kernels/api/parameters.h"
#include "kernels/cuda/activation.h"
#include "kernels/cuda/wide.h"

namespace tailor::cuda {

constexpr int kQuad = 4;  // neighbours that a thread handles at once

/// Takes sums to y: y[i] = activation(sum + bias[channel] + residual[i]). Fusing
/// this saves a kernel that would read and write y once more.
template <class T>
struct Output {
  T* y;
  const float* bias = nullptr;  ///< f32 whatever T is; or not given
  const T* residual = nullptr;  ///< may be y; or not given
  Activation activation = Activation::none;

  explicit Output(const View& result) : y(result.as<T>()) {}
  Output(const Epilogue& e, const View& result)
      : y(result.as<T>()),
        bias(e.bias.as<float>()),
        residual(e.residual.as<T>()),
        activation(e.activation) {}

  __device__ __forceinline__ void store(int64_t i, int64_t channel, float sum) const {
    if (bias != nullptr) sum += bias[channel];
    if (residual != nullptr) sum += to_f32(residual[i]);
    y[i] = from_f32<T>(activate(activation, sum));
  }

  /// V results in one access; y + i and residual + i are aligned for it.
  template <int V>
  __device__ __forceinline__ void store_together(int64_t i, int64_t channel,
                                                 Vec<float, V> sums) const {
    Vec<float, V> rest{};
    if (residual != nullptr) rest = load_f32<V>(residual + i);
    for (int j = 0; j < V; ++j) {
      if (bias != nullptr) sums.v[j] += bias[channel + j];
      if (residual != nullptr) sums.v[j] += rest.v[j];
      sums.v[j] = activate(activation, sums.v[j]);
    }
    store_f32(y + i, sums);
  }

  /// The first `count` of four results; together where whole fours are always aligned.
  __device__ __forceinline__ void store_quad(int64_t i, int64_t channel,
                                             const Vec<float, kQuad>& sums, int count,
                                             bool together) const {
    if (together && count == kQuad) return store_together(i, channel, sums);
    for (int j = 0; j < kQuad; ++j) {  // to the end, so that sums can stay in registers
      if (j < count) store(i + j, channel + j, sums.v[j]);
    }
  }
};

}  // namespace tailor::cuda
