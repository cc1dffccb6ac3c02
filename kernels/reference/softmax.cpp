// Softmax and its logarithm along the last extent.
#include <cmath>

#include "kernels/reference/exp_sum.h"
#include "kernels/reference/reference.h"

namespace tailor {
namespace {

template <class T>
void softmax(Backend& backend, View x_view, View y_view) {
  const int64_t classes = x_view.shape.back(), rows = x_view.count() / classes;
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t row = 0; row < rows; ++row) {
    const T* x = x_view.as<T>() + row * classes;
    T* y = y_view.as<T>() + row * classes;
    const auto [maximum, sum] = exp_sum(x, classes);
    for (int64_t k = 0; k < classes; ++k) y[k] = T(std::exp(double(x[k]) - maximum) / sum);
  }
}

template <class T>
void softmax_backward(Backend& backend, View y_view, View dy_view, View dx_view) {
  const int64_t classes = y_view.shape.back(), rows = y_view.count() / classes;
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t row = 0; row < rows; ++row) {
    const T* y = y_view.as<T>() + row * classes;
    const T* dy = dy_view.as<T>() + row * classes;
    T* dx = dx_view.as<T>() + row * classes;
    double sum = 0;
    for (int64_t k = 0; k < classes; ++k) sum += double(y[k]) * double(dy[k]);
    for (int64_t k = 0; k < classes; ++k) dx[k] = T(double(y[k]) * (double(dy[k]) - sum));
  }
}

template <class T>
void log_softmax(Backend& backend, View x_view, View y_view) {
  const int64_t classes = x_view.shape.back(), rows = x_view.count() / classes;
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t row = 0; row < rows; ++row) {
    const T* x = x_view.as<T>() + row * classes;
    T* y = y_view.as<T>() + row * classes;
    const auto [maximum, sum] = exp_sum(x, classes);
    for (int64_t k = 0; k < classes; ++k) y[k] = T(double(x[k]) - maximum - std::log(sum));
  }
}

template <class T>
void log_softmax_backward(Backend& backend, View y_view, View dy_view, View dx_view) {
  const int64_t classes = y_view.shape.back(), rows = y_view.count() / classes;
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t row = 0; row < rows; ++row) {
    const T* y = y_view.as<T>() + row * classes;
    const T* dy = dy_view.as<T>() + row * classes;
    T* dx = dx_view.as<T>() + row * classes;
    double sum = 0;
    for (int64_t k = 0; k < classes; ++k) sum += double(dy[k]);
    for (int64_t k = 0; k < classes; ++k) {
      dx[k] = T(double(dy[k]) - std::exp(double(y[k])) * sum);
    }
  }
}

TAILOR_KERNEL(reference_table(), softmax, f32, "naive", softmax<float>);
TAILOR_KERNEL(reference_table(), softmax, f64, "naive", softmax<double>);
TAILOR_KERNEL(reference_table(), softmax_backward, f32, "naive", softmax_backward<float>);
TAILOR_KERNEL(reference_table(), softmax_backward, f64, "naive", softmax_backward<double>);
TAILOR_KERNEL(reference_table(), log_softmax, f32, "naive", log_softmax<float>);
TAILOR_KERNEL(reference_table(), log_softmax, f64, "naive", log_softmax<double>);
TAILOR_KERNEL(reference_table(), log_softmax_backward, f32, "naive", log_softmax_backward<float>);
TAILOR_KERNEL(reference_table(), log_softmax_backward, f64, "naive", log_softmax_backward<double>);
}  // namespace
}  // namespace tailor
