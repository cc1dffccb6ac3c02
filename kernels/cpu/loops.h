// How the own loops are compiled for the processor's vectors and shared out among the threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/cpu/cpu_backend.h"

/// Compiles a function once for each generation of processors; the right one is bound when the
/// program starts. Goes with plain functions and templates that call nothing but inline functions.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define TAILOR_VECTORIZED \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TAILOR_VECTORIZED
#endif

namespace tailor::cpu {

/// Elements that a thread takes at a time: few enough to stay in its cache.
constexpr int64_t kPart = 1 << 15;

/// Calls f(begin, end) on the parts of [0, count), `part` long, in any order and on any thread. The
/// parts do not depend on the number of threads. f may not throw.
template <class F>
void for_parts(Backend& backend, int64_t count, int64_t part, const F& f) {
  const int64_t parts = (count + part - 1) / part;
#pragma omp parallel for schedule(static) num_threads(as_cpu(backend).threads()) if (parts > 1)
  for (int64_t i = 0; i < parts; ++i) f(i * part, std::min(count, (i + 1) * part));
}

/// The rows of about `elements` elements, at least one.
inline int64_t rows_of(int64_t elements, int64_t channels) {
  return std::max<int64_t>(1, elements / channels);
}

}  // namespace tailor::cpu
