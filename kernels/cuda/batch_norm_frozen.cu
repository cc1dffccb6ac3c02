// Batch norm with constant statistics: a scale and a shift of each channel, and its gradients.
#include "kernels/cuda/batch_norm.h"

namespace tailor::cuda {
namespace {

/// One thread an element, which reads four numbers by channel for the one of x.
template <class T>
__global__ void normalize_naive(Normalization<T> p, RunningRstd rstd, int64_t count,
                                int64_t channels) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    const int64_t c = i % channels;
    float value = (to_f32(p.x[i]) - p.mean[c]) * rstd.at(c) * p.weight[c] + p.bias[c];
    if (p.residual != nullptr) value += to_f32(p.residual[i]);
    p.y[i] = from_f32<T>(activate(p.activation, value));
  }
}

/// One thread a channel, down its rows.
template <class T>
__global__ void gradient_column(NormGradients<T> p, RunningRstd rstds, float* dweight, float* dbias,
                                int64_t rows, int64_t channels) {
  for (int64_t c = grid_thread(); c < channels; c += grid_threads()) {
    const float rstd = rstds.at(c);
    float sum = 0, sum_normalised = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t i = row * channels + c;
      const float g = p.template before_activation<1>(i).v[0];
      if (p.dresidual != nullptr) p.dresidual[i] = from_f32<T>(g);
      if (p.dx != nullptr) p.dx[i] = from_f32<T>(g * rstd * p.weight[c]);
      if (dweight != nullptr) {
        sum += g;
        sum_normalised += g * (to_f32(p.x[i]) - p.mean[c]) * rstd;
      }
    }
    if (dweight != nullptr) {
      dbias[c] = sum;
      dweight[c] = sum_normalised;
    }
  }
}

RunningRstd running_rstd(const BatchNorm& p, const View& var) {
  return {var.as<float>(), static_cast<float>(p.eps)};
}

template <class T>
Normalization<T> normalization(const BatchNorm& p, const View& x, const View& weight,
                               const View& bias, const View& mean, const View& residual,
                               const View& y) {
  return {x.as<T>(),        mean.as<float>(), weight.as<float>(), bias.as<float>(),
          residual.as<T>(), y.as<T>(),        p.activation};
}

template <class T>
NormGradients<T> gradients_of(const BatchNorm& p, const View& x, const View& y, const View& dy,
                              const View& weight, const View& mean, const View& dx,
                              const View& dresidual) {
  return {x.as<T>(),          y.as<T>(),  dy.as<T>(),        mean.as<float>(),
          weight.as<float>(), dx.as<T>(), dresidual.as<T>(), p.activation};
}

template <class T>
void batch_norm_frozen_naive(Backend& backend, const BatchNorm& p, View x, View weight, View bias,
                             View mean, View var, View residual, View y) {
  launch(backend, {blocks_for(x.count(), kNormThreads), kNormThreads}, normalize_naive<T>)(
      normalization<T>(p, x, weight, bias, mean, residual, y), running_rstd(p, var), x.count(),
      x.shape.back());
}

template <class T, int N>
void batch_norm_frozen_columns(Backend& backend, const BatchNorm& p, View x, View weight, View bias,
                               View mean, View var, View residual, View y) {
  const int64_t channels = x.shape.back(), rows = x.count() / channels;
  launch(backend, column_grid(rows, channels, N, kNormRowsEach),
         normalize_columns<T, N, RunningRstd>)(
      normalization<T>(p, x, weight, bias, mean, residual, y), running_rstd(p, var), rows,
      channels);
}

template <class T>
bool batch_norm_frozen_fits(const BatchNorm& /*p*/, View x, View weight, View bias, View mean,
                            View /*var*/, View residual, View y) {
  return x.shape.back() % kVecWidth<T> == 0 && are_aligned(x, weight, bias, mean, residual, y);
}

template <class T>
void batch_norm_frozen_backward_naive(Backend& backend, const BatchNorm& p, View x, View y, View dy,
                                      View weight, View mean, View var, View dx, View dweight,
                                      View dbias, View dresidual) {
  const int64_t channels = dy.shape.back();
  launch(backend, {blocks_for(channels, kNormThreads), kNormThreads}, gradient_column<T>)(
      gradients_of<T>(p, x, y, dy, weight, mean, dx, dresidual), running_rstd(p, var),
      dweight.as<float>(), dbias.as<float>(), dy.count() / channels, channels);
}

template <class T, int N>
void batch_norm_frozen_backward_columns(Backend& backend, const BatchNorm& p, View x, View y,
                                        View dy, View weight, View mean, View var, View dx,
                                        View dweight, View dbias, View dresidual) {
  const int64_t channels = dy.shape.back(), rows = dy.count() / channels;
  const auto gradients = gradients_of<T>(p, x, y, dy, weight, mean, dx, dresidual);
  const RunningRstd rstd = running_rstd(p, var);
  if (dweight) {
    return sum_gradients<T, N>(backend, gradients, rstd, rows, channels, dweight.as<float>(),
                               dbias.as<float>());
  }
  launch(backend, column_grid(rows, channels, N, kNormRowsEach),
         gradient_columns<T, N, RunningRstd>)(gradients, rstd, rows, channels, nullptr);
}

template <class T>
bool batch_norm_frozen_backward_fits(const BatchNorm& /*p*/, View x, View y, View dy, View weight,
                                     View mean, View /*var*/, View dx, View /*dweight*/,
                                     View /*dbias*/, View dresidual) {
  return dy.shape.back() % kVecWidth<T> == 0 && are_aligned(x, y, dy, weight, mean, dx, dresidual);
}

TAILOR_KERNEL(table(), batch_norm_frozen, f32, "naive", batch_norm_frozen_naive<float>);
TAILOR_KERNEL(table(), batch_norm_frozen, bf16, "naive", batch_norm_frozen_naive<bf16>);
TAILOR_KERNEL(table(), batch_norm_frozen, f32, "columns", batch_norm_frozen_columns<float, 1>);
TAILOR_KERNEL(table(), batch_norm_frozen, bf16, "columns", batch_norm_frozen_columns<bf16, 1>);
TAILOR_KERNEL(table(), batch_norm_frozen, f32, "vector", batch_norm_frozen_columns<float, 4>,
              batch_norm_frozen_fits<float>);
TAILOR_KERNEL(table(), batch_norm_frozen, bf16, "vector", batch_norm_frozen_columns<bf16, 8>,
              batch_norm_frozen_fits<bf16>);
TAILOR_KERNEL(table(), batch_norm_frozen_backward, f32, "naive",
              batch_norm_frozen_backward_naive<float>);
TAILOR_KERNEL(table(), batch_norm_frozen_backward, bf16, "naive",
              batch_norm_frozen_backward_naive<bf16>);
TAILOR_KERNEL(table(), batch_norm_frozen_backward, f32, "columns",
              batch_norm_frozen_backward_columns<float, 1>);
TAILOR_KERNEL(table(), batch_norm_frozen_backward, bf16, "columns",
              batch_norm_frozen_backward_columns<bf16, 1>);
TAILOR_KERNEL(table(), batch_norm_frozen_backward, f32, "vector",
              batch_norm_frozen_backward_columns<float, 4>, batch_norm_frozen_backward_fits<float>);
TAILOR_KERNEL(table(), batch_norm_frozen_backward, bf16, "vector",
              batch_norm_frozen_backward_columns<bf16, 8>, batch_norm_frozen_backward_fits<bf16>);

}  // namespace
}  // namespace tailor::cuda
