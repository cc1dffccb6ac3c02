// The gradients of batch norm with the batch's statistics. With g the gradient before the
// activation, m rows and x^ the normalised x (Ioffe and Szegedy, 2015, section 3):
// dx = weight rstd (g - mean(g) - x^ mean(g x^)).
#include "kernels/cuda/batch_norm.h"

namespace tailor::cuda {
namespace {

/// One thread a channel, two passes down its rows: sums, result.
template <class T>
__global__ void batch_norm_backward_column(NormGradients<T> p, const float* rstds, float* dweight,
                                           float* dbias, int64_t rows, int64_t channels) {
  for (int64_t c = grid_thread(); c < channels; c += grid_threads()) {
    const float mean = p.mean[c], rstd = rstds[c];
    float sum = 0, sum_normalised = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t i = row * channels + c;
      const float g = p.template before_activation<1>(i).v[0];
      sum += g;
      sum_normalised += g * (to_f32(p.x[i]) - mean) * rstd;
      if (p.dresidual != nullptr) p.dresidual[i] = from_f32<T>(g);
    }
    dbias[c] = sum;
    dweight[c] = sum_normalised;
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t i = row * channels + c;
      const float normalised = (to_f32(p.x[i]) - mean) * rstd;
      const float g = p.template before_activation<1>(i).v[0];
      const float common = (sum + normalised * sum_normalised) / static_cast<float>(rows);
      p.dx[i] = from_f32<T>(p.weight[c] * rstd * (g - common));
    }
  }
}

/// The last pass of the steps "columns" and "vector", when dweight and dbias are known. They read
/// no less than the naive kernel, but share the rows out over the whole GPU, and "vector" takes a
/// quarter (an eighth) of the requests. What goes by channel is drawn together, to leave
/// dx = g scale + (x - mean) slope + offset for each element.
template <class T, int N>
__global__ void subtract_means(NormGradients<T> p, SavedRstd rstd, const float* dweight,
                               const float* dbias, int64_t rows, int64_t channels) {
  const Column at = this_column<N>();
  if (at.channel >= channels) return;
  const ChannelNorm<N> norm(p.mean, rstd, p.weight, at.channel);
  const Vec<float, N> sum = load_f32<N>(dbias + at.channel);
  const Vec<float, N> sum_normalised = load_f32<N>(dweight + at.channel);
  Vec<float, N> scale, slope, offset;
  for (int k = 0; k < N; ++k) {
    const auto count = static_cast<float>(rows);
    scale.v[k] = norm.rstd.v[k] * norm.weight.v[k];
    slope.v[k] = -scale.v[k] * norm.rstd.v[k] * (sum_normalised.v[k] / count);
    offset.v[k] = -scale.v[k] * (sum.v[k] / count);
  }
  for (int64_t row = at.row; row < rows; row += at.step) {
    const int64_t i = row * channels + at.channel;
    const Vec<float, N> g = p.template before_activation<N>(i);
    const Vec<float, N> x = load_f32<N>(p.x + i);
    Vec<float, N> dx;
    for (int k = 0; k < N; ++k) {
      dx.v[k] = g.v[k] * scale.v[k] + ((x.v[k] - norm.mean.v[k]) * slope.v[k] + offset.v[k]);
    }
    store_f32(p.dx + i, dx);
  }
}

template <class T>
void batch_norm_backward_naive(Backend& backend, const BatchNorm& p, View x, View y, View dy,
                               View weight, View saved_mean, View saved_rstd, View dx, View dweight,
                               View dbias, View dresidual) {
  const int64_t channels = x.shape.back();
  launch(backend, {blocks_for(channels, kNormThreads), kNormThreads},
         batch_norm_backward_column<T>)(
      {x.as<T>(), y.as<T>(), dy.as<T>(), saved_mean.as<float>(), weight.as<float>(), dx.as<T>(),
       dresidual.as<T>(), p.activation},
      saved_rstd.as<float>(), dweight.as<float>(), dbias.as<float>(), x.count() / channels,
      channels);
}

template <class T, int N>
void batch_norm_backward_columns(Backend& backend, const BatchNorm& p, View x, View y, View dy,
                                 View weight, View saved_mean, View saved_rstd, View dx,
                                 View dweight, View dbias, View dresidual) {
  const int64_t channels = x.shape.back(), rows = x.count() / channels;
  const SavedRstd rstd{saved_rstd.as<float>()};
  NormGradients<T> gradients{
      x.as<T>(),          y.as<T>(), dy.as<T>(),        saved_mean.as<float>(),
      weight.as<float>(), nullptr,   dresidual.as<T>(), p.activation};
  sum_gradients<T, N>(backend, gradients, rstd, rows, channels, dweight.as<float>(),
                      dbias.as<float>());
  if (dresidual) {  // g lies there by now
    gradients.dy = dresidual.as<T>();
    gradients.activation = Activation::none;
  }
  gradients.dx = dx.as<T>();
  launch(backend, column_grid(rows, channels, N, kNormRowsEach), subtract_means<T, N>)(
      gradients, rstd, dweight.as<float>(), dbias.as<float>(), rows, channels);
}

template <class T>
bool batch_norm_backward_fits(const BatchNorm& /*p*/, View x, View y, View dy, View weight,
                              View saved_mean, View /*saved_rstd*/, View dx, View dweight,
                              View dbias, View dresidual) {
  return x.shape.back() % kVecWidth<T> == 0 &&
         are_aligned(x, y, dy, weight, saved_mean, dx, dweight, dbias, dresidual);
}

TAILOR_KERNEL(table(), batch_norm_backward, f32, "naive", batch_norm_backward_naive<float>);
TAILOR_KERNEL(table(), batch_norm_backward, bf16, "naive", batch_norm_backward_naive<bf16>);
TAILOR_KERNEL(table(), batch_norm_backward, f32, "columns", batch_norm_backward_columns<float, 1>);
TAILOR_KERNEL(table(), batch_norm_backward, bf16, "columns", batch_norm_backward_columns<bf16, 1>);
TAILOR_KERNEL(table(), batch_norm_backward, f32, "vector", batch_norm_backward_columns<float, 4>,
              batch_norm_backward_fits<float>);
TAILOR_KERNEL(table(), batch_norm_backward, bf16, "vector", batch_norm_backward_columns<bf16, 8>,
              batch_norm_backward_fits<bf16>);

}  // namespace
}  // namespace tailor::cuda
