// Softmax and its logarithm along the last extent.
#include "kernels/cpu/softmax.h"

#include "kernels/cpu/loops.h"

namespace tailor::cpu {
namespace {

/// Calls f(offset of the row) on each row of [..., classes]. f may not throw.
template <class F>
void for_rows(Backend& backend, const Shape& shape, const F& f) {
  const int64_t classes = shape.back();
  for_parts(backend, shape.count() / classes, 1, [&](int64_t row, int64_t) { f(row * classes); });
}

void softmax(Backend& backend, View x, View y) {
  const int64_t classes = x.shape.back();
  for_rows(backend, x.shape, [&](int64_t at) {
    const float* in = x.as<float>() + at;
    const Normalizer normalizer(in, classes);
    for (int64_t k = 0; k < classes; ++k) y.as<float>()[at + k] = normalizer.probability(in[k]);
  });
}

void softmax_backward(Backend& backend, View y_view, View dy_view, View dx) {
  const int64_t classes = y_view.shape.back();
  for_rows(backend, y_view.shape, [&](int64_t at) {
    const float* y = y_view.as<float>() + at;
    const float* dy = dy_view.as<float>() + at;
    double sum = 0;
    for (int64_t k = 0; k < classes; ++k) sum += double{y[k]} * dy[k];
    for (int64_t k = 0; k < classes; ++k) {
      dx.as<float>()[at + k] = static_cast<float>(y[k] * (dy[k] - sum));
    }
  });
}

void log_softmax(Backend& backend, View x, View y) {
  const int64_t classes = x.shape.back();
  for_rows(backend, x.shape, [&](int64_t at) {
    const float* in = x.as<float>() + at;
    const Normalizer normalizer(in, classes);
    for (int64_t k = 0; k < classes; ++k) {
      y.as<float>()[at + k] = static_cast<float>(normalizer.log_probability(in[k]));
    }
  });
}

void log_softmax_backward(Backend& backend, View y_view, View dy_view, View dx) {
  const int64_t classes = y_view.shape.back();
  for_rows(backend, y_view.shape, [&](int64_t at) {
    const float* y = y_view.as<float>() + at;
    const float* dy = dy_view.as<float>() + at;
    double sum = 0;
    for (int64_t k = 0; k < classes; ++k) sum += dy[k];
    for (int64_t k = 0; k < classes; ++k) {
      dx.as<float>()[at + k] = static_cast<float>(dy[k] - std::exp(y[k]) * sum);
    }
  });
}

TAILOR_KERNEL(cpu_table(), softmax, f32, "loop", softmax);
TAILOR_KERNEL(cpu_table(), softmax_backward, f32, "loop", softmax_backward);
TAILOR_KERNEL(cpu_table(), log_softmax, f32, "loop", log_softmax);
TAILOR_KERNEL(cpu_table(), log_softmax_backward, f32, "loop", log_softmax_backward);

}  // namespace
}  // namespace tailor::cpu
