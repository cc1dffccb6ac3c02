// What softmax and the loss divide by.
#pragma once

#include <cmath>

#include "kernels/cuda/numbers.h"
#include "kernels/cuda/rows.h"

namespace tailor::cuda {

/// softmax(x)_k = exp(x_k - maximum) / sum. No exponent is positive, so that nothing overflows.
struct Normalizer {
  float maximum;
  float sum;

  __device__ float probability(float x) const { return std::exp(x - maximum) / sum; }
  /// Not the logarithm of the probability, which may have been rounded to 0.
  __device__ float log_probability(float x) const { return x - maximum - std::log(sum); }
};

/// Of one row; every thread of the team takes part and gets it.
template <class Team, class T>
__device__ Normalizer normalizer_of(const T* x, int64_t columns) {
  float maximum = -INFINITY;
  for (int64_t k = Team::rank(); k < columns; k += Team::kSize) {
    const float value = to_f32(x[k]);
    if (value > maximum || value != value) maximum = value;
  }
  maximum = Team::max(maximum);
  float sum = 0;
  for (int64_t k = Team::rank(); k < columns; k += Team::kSize) {
    sum += std::exp(to_f32(x[k]) - maximum);
  }
  return {maximum, Team::sum(sum)};
}

}  // namespace tailor::cuda
