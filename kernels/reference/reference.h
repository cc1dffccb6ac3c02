// The definition of every operation: plain loops, sums in double, each output computed on its own
// and in a fixed order, so that the number of threads changes nothing.
#pragma once

#include "kernels/api/backend.h"

namespace tailor {

/// The rows of this folder, all called "naive".
Table& reference_table();

/// How many threads a kernel called on `backend` may use.
int threads_of(const Backend& backend);

}  // namespace tailor
