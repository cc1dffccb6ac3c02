// What softmax and the loss divide by.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace tailor {

/// log(sum of exp(x)); the maximum is taken out first, so that nothing overflows.
template <class T>
double log_sum_exp(const T* x, int64_t count) {
  const double maximum = double(*std::max_element(x, x + count));
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += std::exp(double(x[i]) - maximum);
  return maximum + std::log(sum);
}

}  // namespace tailor
