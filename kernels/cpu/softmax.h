// What softmax and the loss divide by, for one row.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace tailor::cpu {

/// softmax(x)_k = exp(x_k - maximum) / sum, where no exponent is positive.
struct Normalizer {
  Normalizer(const float* x, int64_t count) : maximum(*std::max_element(x, x + count)) {
    for (int64_t k = 0; k < count; ++k) sum += std::exp(x[k] - maximum);
    log_sum = std::log(sum);
  }
  float probability(float x) const { return static_cast<float>(std::exp(x - maximum) / sum); }
  double log_probability(float x) const { return double{x} - maximum - log_sum; }

  float maximum;
  double sum = 0;
  double log_sum;
};

}  // namespace tailor::cpu
