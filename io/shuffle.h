// Random orders that every machine draws alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/api/philox.h"

namespace tailor::io {

/// 0..n-1 in an order drawn by Fisher and Yates's shuffle from Philox's `stream` of `seed`; `group`
/// and `step` tell apart orders of one stream.
std::vector<size_t> random_order(size_t n, uint64_t seed, Stream stream, uint32_t group,
                                 uint32_t step);

}  // namespace tailor::io
