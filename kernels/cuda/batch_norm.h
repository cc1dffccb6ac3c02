// What batch norm with the batch's statistics and with constant ones have in common. x is [rows,
// channels]; what goes by channel is f32 whatever x is.
#pragma once

#include <cmath>

#include "kernels/cuda/activation.h"
#include "kernels/cuda/columns.h"

namespace tailor::cuda {

constexpr int kNormThreads = 256;
/// Rows a thread goes over for the numbers by channel that it loads first.
constexpr int64_t kNormRowsEach = 8;

/// 1 / sqrt(var + eps) of the batch, as forward saved it.
struct SavedRstd {
  const float* rstd;

  __device__ float at(int64_t c) const { return rstd[c]; }
};

/// The same from a running variance.
struct RunningRstd {
  const float* var;
  float eps;

  __device__ float at(int64_t c) const { return 1 / std::sqrt(var[c] + eps); }
};

/// The numbers by channel that a thread keeps: x^ = (x - mean) rstd.
template <int N>
struct ChannelNorm {
  Vec<float, N> mean, rstd, weight;

  template <class Rstd>
  __device__ ChannelNorm(const float* means, const Rstd& rstds, const float* weights,
                         int64_t channel)
      : mean(load_f32<N>(means + channel)), weight(load_f32<N>(weights + channel)) {
    for (int k = 0; k < N; ++k) rstd.v[k] = rstds.at(channel + k);
  }
};

/// What y = activation((x - mean) rstd weight + bias + residual) is made of; residual may be null.
template <class T>
struct Normalization {
  const T* x;
  const float* mean;
  const float* weight;
  const float* bias;
  const T* residual;
  T* y;
  Activation activation;
};

/// In the steps "columns" and "vector" a thread reads what goes by channel once, for all of its
/// rows; the naive kernel reads it again for each element. x - mean comes first: x scale + (bias -
/// mean scale) would lose digits where the mean is large.
template <class T, int N, class Rstd>
__global__ void normalize_columns(Normalization<T> p, Rstd rstd, int64_t rows, int64_t channels) {
  const Column at = this_column<N>();
  if (at.channel >= channels) return;
  const ChannelNorm<N> norm(p.mean, rstd, p.weight, at.channel);
  const Vec<float, N> bias = load_f32<N>(p.bias + at.channel);
  for (int64_t row = at.row; row < rows; row += at.step) {
    const int64_t i = row * channels + at.channel;
    Vec<float, N> value = load_f32<N>(p.x + i);
    for (int k = 0; k < N; ++k) {
      value.v[k] = (value.v[k] - norm.mean.v[k]) * (norm.rstd.v[k] * norm.weight.v[k]);
      value.v[k] += bias.v[k];
    }
    if (p.residual != nullptr) {
      const Vec<float, N> residual = load_f32<N>(p.residual + i);
      for (int k = 0; k < N; ++k) value.v[k] += residual.v[k];
    }
    for (int k = 0; k < N; ++k) value.v[k] = activate(p.activation, value.v[k]);
    store_f32(p.y + i, value);
  }
}

/// What the gradients are made of; y is read where there is an activation. Null: not wanted.
template <class T>
struct NormGradients {
  const T* x;
  const T* y;
  const T* dy;
  const float* mean;
  const float* weight;
  T* dx;
  T* dresidual;
  Activation activation;

  /// The gradients before the activation of N neighbouring elements.
  template <int N>
  __device__ Vec<float, N> before_activation(int64_t i) const {
    Vec<float, N> g = load_f32<N>(dy + i);
    if (activation == Activation::none) return g;
    const Vec<float, N> result = load_f32<N>(y + i);
    for (int k = 0; k < N; ++k) g.v[k] = activation_gradient(activation, result.v[k], g.v[k]);
    return g;
  }
};

/// One pass over the rows, which all blocks share, with g the gradient before the activation:
/// dresidual = g, dx = g rstd weight, and each block's part of the sums of g and of g (x - mean),
/// from which dbias and dweight are made; each of the three where it is wanted.
template <class T, int N, class Rstd>
__global__ void gradient_columns(NormGradients<T> p, Rstd rstd, int64_t rows, int64_t channels,
                                 Sums<2, N>* parts) {
  const Column at = this_column<N>();
  Sums<2, N> sums{};
  if (at.channel < channels) {
    const ChannelNorm<N> norm(p.mean, rstd, p.weight, at.channel);
    for (int64_t row = at.row; row < rows; row += at.step) {
      const int64_t i = row * channels + at.channel;
      const Vec<float, N> g = p.template before_activation<N>(i);
      if (p.dresidual != nullptr) store_f32(p.dresidual + i, g);
      if (p.dx != nullptr) {
        Vec<float, N> dx;
        for (int k = 0; k < N; ++k) dx.v[k] = g.v[k] * (norm.rstd.v[k] * norm.weight.v[k]);
        store_f32(p.dx + i, dx);
      }
      if (parts != nullptr) {
        const Vec<float, N> x = load_f32<N>(p.x + i);
        for (int k = 0; k < N; ++k) {
          sums.of[0].v[k] += g.v[k];
          sums.of[1].v[k] += g.v[k] * (x.v[k] - norm.mean.v[k]);
        }
      }
    }
  }
  if (parts != nullptr) store_part<N>(sums, channels, parts);
}

/// The second stage of those sums.
template <int N, class Rstd>
__global__ void gradient_parts(const Sums<2, N>* parts, int64_t count, Rstd rstd, int64_t channels,
                               float* dweight, float* dbias) {
  const Sums<2, N> sums = merge_parts<N, Sums<2, N>>(parts, count, channels);
  const int64_t channel = this_column<N>().channel;
  if (threadIdx.y != 0 || channel >= channels) return;
  for (int k = 0; k < N; ++k) {
    dbias[channel + k] = sums.of[0].v[k];
    dweight[channel + k] = sums.of[1].v[k] * rstd.at(channel + k);
  }
}

/// Both stages, for a caller that wants dweight and dbias.
template <class T, int N, class Rstd>
void sum_gradients(Backend& backend, const NormGradients<T>& p, const Rstd& rstd, int64_t rows,
                   int64_t channels, float* dweight, float* dbias) {
  const Grid grid = part_grid(rows, channels, N);
  auto* parts = as_cuda(backend).scratch_of<Sums<2, N>>(grid.blocks.y * (channels / N));
  launch(backend, grid, gradient_columns<T, N, Rstd>)(p, rstd, rows, channels, parts);
  launch(backend, total_grid(channels, N), gradient_parts<N, Rstd>)(parts, grid.blocks.y, rstd,
                                                                    channels, dweight, dbias);
}

}  // namespace tailor::cuda
