// The largest of each row: argmax and top-k. Ties go to the lowest index; NaN counts as largest.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/reference/reference.h"

namespace tailor {
namespace {

template <class T>
bool larger(T a, T b) {
  return a > b || (std::isnan(a) && !std::isnan(b));
}

template <class T>
void argmax(Backend& backend, View x_view, View indices) {
  const int64_t columns = x_view.shape.back(), rows = x_view.count() / columns;
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t row = 0; row < rows; ++row) {
    const T* x = x_view.as<T>() + row * columns;
    int64_t best = 0;
    for (int64_t k = 1; k < columns; ++k) {
      if (larger(x[k], x[best])) best = k;
    }
    indices.as<int64_t>()[row] = best;
  }
}

template <class T>
void topk(Backend& backend, View x_view, View values, View indices) {
  const int64_t columns = x_view.shape.back(), rows = x_view.count() / columns;
  const int64_t k = values.shape.back();
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t row = 0; row < rows; ++row) {
    const T* x = x_view.as<T>() + row * columns;
    std::vector<int64_t> order(static_cast<size_t>(columns));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int64_t a, int64_t b) { return larger(x[a], x[b]); });
    for (int64_t i = 0; i < k; ++i) {
      indices.as<int64_t>()[row * k + i] = order[size_t(i)];
      values.as<T>()[row * k + i] = x[order[size_t(i)]];
    }
  }
}

TAILOR_KERNEL(reference_table(), argmax, f32, "naive", argmax<float>);
TAILOR_KERNEL(reference_table(), argmax, f64, "naive", argmax<double>);
TAILOR_KERNEL(reference_table(), topk, f32, "naive", topk<float>);
TAILOR_KERNEL(reference_table(), topk, f64, "naive", topk<double>);

}  // namespace
}  // namespace tailor
