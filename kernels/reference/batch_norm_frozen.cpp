// Batch norm with constant statistics: a scale and a shift of each channel.
#include <cmath>

#include "kernels/reference/activation.h"
#include "kernels/reference/reference.h"

namespace tailor {
namespace {

template <class T>
void batch_norm_frozen(Backend& backend, const BatchNorm& p, View x_view, View weight, View bias,
                       View mean_view, View var_view, View residual_view, View y_view) {
  const T* x = x_view.as<T>();
  const T* residual = residual_view.as<T>();
  T* y = y_view.as<T>();
  const int64_t channels = x_view.shape.back(), rows = x_view.count() / channels;

#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t c = 0; c < channels; ++c) {
    const double mean = double(mean_view.as<T>()[c]);
    const double rstd = 1 / std::sqrt(double(var_view.as<T>()[c]) + p.eps);
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t i = row * channels + c;
      double value = (double(x[i]) - mean) * rstd * double(weight.as<T>()[c]);
      value += double(bias.as<T>()[c]);
      if (residual != nullptr) value += double(residual[i]);
      y[i] = T(activate(p.activation, value));
    }
  }
}

template <class T>
void batch_norm_frozen_backward(Backend& backend, const BatchNorm& p, View x_view, View y_view,
                                View dy_view, View weight, View mean_view, View var_view, View dx,
                                View dweight, View dbias, View dresidual) {
  const T* x = x_view.as<T>();
  const T* y = y_view.as<T>();
  const T* dy = dy_view.as<T>();
  const int64_t channels = dy_view.shape.back(), rows = dy_view.count() / channels;

#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t c = 0; c < channels; ++c) {
    const double mean = double(mean_view.as<T>()[c]);
    const double rstd = 1 / std::sqrt(double(var_view.as<T>()[c]) + p.eps);
    double sum = 0, sum_normalised = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t i = row * channels + c;
      const double g = p.activation == Activation::none
                           ? double(dy[i])
                           : activation_gradient(p.activation, double(y[i]), double(dy[i]));
      if (dresidual) dresidual.as<T>()[i] = T(g);
      if (dx) dx.as<T>()[i] = T(g * rstd * double(weight.as<T>()[c]));
      if (dweight) {
        sum += g;
        sum_normalised += g * (double(x[i]) - mean) * rstd;
      }
    }
    if (dweight) {
      dbias.as<T>()[c] = T(sum);
      dweight.as<T>()[c] = T(sum_normalised);
    }
  }
}

TAILOR_KERNEL(reference_table(), batch_norm_frozen, f32, "naive", batch_norm_frozen<float>);
TAILOR_KERNEL(reference_table(), batch_norm_frozen, f64, "naive", batch_norm_frozen<double>);
TAILOR_KERNEL(reference_table(), batch_norm_frozen_backward, f32, "naive",
              batch_norm_frozen_backward<float>);
TAILOR_KERNEL(reference_table(), batch_norm_frozen_backward, f64, "naive",
              batch_norm_frozen_backward<double>);

}  // namespace
}  // namespace tailor
