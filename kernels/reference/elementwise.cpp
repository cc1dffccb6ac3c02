// Activations and sums.
#include "kernels/reference/activation.h"
#include "kernels/reference/reference.h"

namespace tailor {
namespace {

template <class T>
void activation(Backend& backend, Activation kind, View x, View y) {
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t i = 0; i < x.count(); ++i) {
    y.as<T>()[i] = T(activate(kind, double(x.as<T>()[i])));
  }
}

template <class T>
void activation_backward(Backend& backend, Activation kind, View y, View dy, View dx) {
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t i = 0; i < y.count(); ++i) {
    dx.as<T>()[i] = T(activation_gradient(kind, double(y.as<T>()[i]), double(dy.as<T>()[i])));
  }
}

template <class T>
void add(Backend& backend, View a, View b, View y) {
  const int64_t period = b.count();  // all of a, or one row of it
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t i = 0; i < a.count(); ++i) {
    y.as<T>()[i] = T(a.as<T>()[i] + b.as<T>()[i % period]);
  }
}

template <class T>
void sum_to_channels(Backend& backend, View dy, View db) {
  const int64_t channels = db.count(), rows = dy.count() / channels;
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) sum += double(dy.as<T>()[row * channels + c]);
    db.as<T>()[c] = T(sum);
  }
}

TAILOR_KERNEL(reference_table(), activation, f32, "naive", activation<float>);
TAILOR_KERNEL(reference_table(), activation, f64, "naive", activation<double>);
TAILOR_KERNEL(reference_table(), activation_backward, f32, "naive", activation_backward<float>);
TAILOR_KERNEL(reference_table(), activation_backward, f64, "naive", activation_backward<double>);
TAILOR_KERNEL(reference_table(), add, f32, "naive", add<float>);
TAILOR_KERNEL(reference_table(), add, f64, "naive", add<double>);
TAILOR_KERNEL(reference_table(), sum_to_channels, f32, "naive", sum_to_channels<float>);
TAILOR_KERNEL(reference_table(), sum_to_channels, f64, "naive", sum_to_channels<double>);

}  // namespace
}  // namespace tailor
