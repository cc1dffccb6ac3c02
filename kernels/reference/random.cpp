// Random numbers and dropout (Srivastava et al., "Dropout", JMLR 2014), scaled while training.
#include "kernels/reference/reference.h"

namespace tailor {
namespace {

template <class T>
void uniform(Backend& backend, const RandomKey& random, float low, float high, View y) {
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t i = 0; i < y.count(); ++i) {
    y.as<T>()[i] = T(low + (high - low) * uniform_at(random, uint64_t(i)));
  }
}

template <class T>
void dropout(Backend& backend, const Dropout& p, View x, View mask, View y) {
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t i = 0; i < x.count(); ++i) {
    const bool keep = uniform_at(p.random, uint64_t(i)) >= float(p.p);
    mask.as<uint8_t>()[i] = keep ? 1 : 0;
    y.as<T>()[i] = keep ? T(double(x.as<T>()[i]) / (1 - p.p)) : T(0);
  }
}

template <class T>
void dropout_backward(Backend& backend, const Dropout& p, View dy, View mask, View dx) {
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t i = 0; i < dy.count(); ++i) {
    const bool keep = mask.as<uint8_t>()[i] != 0;
    dx.as<T>()[i] = keep ? T(double(dy.as<T>()[i]) / (1 - p.p)) : T(0);
  }
}

TAILOR_KERNEL(reference_table(), uniform, f32, "naive", uniform<float>);
TAILOR_KERNEL(reference_table(), uniform, f64, "naive", uniform<double>);
TAILOR_KERNEL(reference_table(), dropout, f32, "naive", dropout<float>);
TAILOR_KERNEL(reference_table(), dropout, f64, "naive", dropout<double>);
TAILOR_KERNEL(reference_table(), dropout_backward, f32, "naive", dropout_backward<float>);
TAILOR_KERNEL(reference_table(), dropout_backward, f64, "naive", dropout_backward<double>);

}  // namespace
}  // namespace tailor
