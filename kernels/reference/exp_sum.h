// What softmax and the loss divide by.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace tailor {

/// softmax(x)_k = exp(x_k - maximum) / sum. Without the maximum, exp would overflow.
struct ExpSum {
  double maximum;
  double sum;
};

template <class T>
ExpSum exp_sum(const T* x, int64_t count) {
  ExpSum result{double(*std::max_element(x, x + count)), 0};
  for (int64_t k = 0; k < count; ++k) result.sum += std::exp(double(x[k]) - result.maximum);
  return result;
}

}  // namespace tailor
