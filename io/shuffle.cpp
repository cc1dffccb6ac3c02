#include "io/shuffle.h"

#include <numeric>
#include <optional>
#include <utility>

namespace tailor::io {

std::vector<size_t> random_order(size_t n, uint64_t seed, Stream stream, uint32_t group,
                                 uint32_t step) {
  // One stream has 2^18 numbers a step; a quarter of them leaves plenty for rejected draws.
  constexpr size_t kDrawsPerStream = size_t{1} << 16;
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::optional<RandomStream> random;
  for (size_t i = 0; i + 1 < n; ++i) {
    if (i % kDrawsPerStream == 0) {
      random.emplace(seed, stream, uint64_t{group} << 32 | i / kDrawsPerStream, step);
    }
    std::swap(order[i], order[i + random->below(static_cast<uint32_t>(n - i))]);
  }
  return order;
}

}  // namespace tailor::io
