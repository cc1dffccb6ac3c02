// The largest of each row: argmax and top-k. Ties go to the lowest index; NaN counts as largest.
#include <cmath>

#include "kernels/cpu/loops.h"

namespace tailor::cpu {
namespace {

/// Whether x[a] comes before x[b] when the largest is first.
bool before(const float* x, int64_t a, int64_t b) {
  const bool nan_a = std::isnan(x[a]), nan_b = std::isnan(x[b]);
  if (nan_a != nan_b) return nan_a;
  return x[a] > x[b] || (!(x[a] < x[b]) && a < b);
}

void argmax(Backend& backend, View x_view, View indices) {
  const int64_t classes = x_view.shape.back();
  for_parts(backend, x_view.count() / classes, 1, [&](int64_t row, int64_t) {
    const float* x = x_view.as<float>() + row * classes;
    int64_t best = 0;
    for (int64_t k = 1; k < classes; ++k) {
      if (before(x, k, best)) best = k;
    }
    indices.as<int64_t>()[row] = best;
  });
}

// The best so far lie sorted in the result; a newcomer moves up to its place among them.
void topk(Backend& backend, View x_view, View values, View indices) {
  const int64_t classes = x_view.shape.back(), count = values.shape.back();
  for_parts(backend, x_view.count() / classes, 1, [&](int64_t row, int64_t) {
    const float* x = x_view.as<float>() + row * classes;
    int64_t* best = indices.as<int64_t>() + row * count;
    for (int64_t k = 0; k < classes; ++k) {
      int64_t place = std::min(k, count - 1);
      if (k >= count && !before(x, k, best[place])) continue;
      for (; place > 0 && before(x, k, best[place - 1]); --place) best[place] = best[place - 1];
      best[place] = k;
    }
    for (int64_t i = 0; i < count; ++i) values.as<float>()[row * count + i] = x[best[i]];
  });
}

TAILOR_KERNEL(cpu_table(), argmax, f32, "loop", argmax);
TAILOR_KERNEL(cpu_table(), topk, f32, "loop", topk);

}  // namespace
}  // namespace tailor::cpu
