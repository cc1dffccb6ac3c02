#include "kernels/cpu/row_sums.h"

namespace tailor::cpu {

TAILOR_VECTORIZED void move_into(float* values, double* sums, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    sums[i] += values[i];
    values[i] = 0;
  }
}

}  // namespace tailor::cpu
