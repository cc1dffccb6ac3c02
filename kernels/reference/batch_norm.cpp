// Batch norm (Ioffe and Szegedy, "Batch normalization", 2015) with the batch's statistics.
#include <cmath>

#include "kernels/reference/activation.h"
#include "kernels/reference/reference.h"

namespace tailor {
namespace {

template <class T>
void batch_norm(Backend& backend, const BatchNorm& p, View x_view, View weight, View bias,
                View residual_view, View running_mean, View running_var, View saved_mean,
                View saved_rstd, View y_view) {
  const T* x = x_view.as<T>();
  const T* residual = residual_view.as<T>();
  T* y = y_view.as<T>();
  const int64_t channels = x_view.shape.back(), rows = x_view.count() / channels;
  if (rows < 2) {
    throw Error("batch_norm: expected more than one element per channel in training, got x {}",
                to_string(x_view.shape));
  }

#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) sum += double(x[row * channels + c]);
    const double mean = sum / double(rows);
    double squares = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const double difference = double(x[row * channels + c]) - mean;
      squares += difference * difference;
    }
    const double rstd = 1 / std::sqrt(squares / double(rows) + p.eps);

    saved_mean.as<T>()[c] = T(mean);
    saved_rstd.as<T>()[c] = T(rstd);
    T& moving_mean = running_mean.as<T>()[c];
    T& moving_var = running_var.as<T>()[c];
    moving_mean = T((1 - p.momentum) * double(moving_mean) + p.momentum * mean);
    moving_var =
        T((1 - p.momentum) * double(moving_var) + p.momentum * (squares / double(rows - 1)));

    for (int64_t row = 0; row < rows; ++row) {
      const int64_t i = row * channels + c;
      double value = (double(x[i]) - mean) * rstd * double(weight.as<T>()[c]);
      value += double(bias.as<T>()[c]);
      if (residual != nullptr) value += double(residual[i]);
      y[i] = T(activate(p.activation, value));
    }
  }
}

// With g the gradient before the activation, m rows and x^ the normalised x (section 3 of the
// paper): dx = weight * rstd * (g - mean(g) - x^ * mean(g x^)).
template <class T>
void batch_norm_backward(Backend& backend, const BatchNorm& p, View x_view, View y_view,
                         View dy_view, View weight, View saved_mean, View saved_rstd, View dx,
                         View dweight, View dbias, View dresidual) {
  const T* x = x_view.as<T>();
  const T* y = y_view.as<T>();
  const T* dy = dy_view.as<T>();
  const int64_t channels = x_view.shape.back(), rows = x_view.count() / channels;
  const auto gradient = [&](int64_t i) {
    if (p.activation == Activation::none) return double(dy[i]);
    return activation_gradient(p.activation, double(y[i]), double(dy[i]));
  };

#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t c = 0; c < channels; ++c) {
    const double mean = double(saved_mean.as<T>()[c]);
    const double rstd = double(saved_rstd.as<T>()[c]);
    double sum = 0, sum_normalised = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t i = row * channels + c;
      const double g = gradient(i);
      sum += g;
      sum_normalised += g * (double(x[i]) - mean) * rstd;
      if (dresidual) dresidual.as<T>()[i] = T(g);
    }
    dbias.as<T>()[c] = T(sum);
    dweight.as<T>()[c] = T(sum_normalised);
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t i = row * channels + c;
      const double normalised = (double(x[i]) - mean) * rstd;
      dx.as<T>()[i] = T(double(weight.as<T>()[c]) * rstd *
                        (gradient(i) - (sum + normalised * sum_normalised) / double(rows)));
    }
  }
}

TAILOR_KERNEL(reference_table(), batch_norm, f32, "naive", batch_norm<float>);
TAILOR_KERNEL(reference_table(), batch_norm, f64, "naive", batch_norm<double>);
TAILOR_KERNEL(reference_table(), batch_norm_backward, f32, "naive", batch_norm_backward<float>);
TAILOR_KERNEL(reference_table(), batch_norm_backward, f64, "naive", batch_norm_backward<double>);

}  // namespace
}  // namespace tailor
