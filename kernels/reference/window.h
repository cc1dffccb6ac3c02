// Which positions of a sliding window lie inside.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tailor {

/// The integers from begin to end - 1; none when end <= begin.
struct Range {
  int64_t begin;
  int64_t end;
};

/// The k from 0 to count - 1 with 0 <= start + k * step < extent.
inline Range clip(int64_t start, int64_t step, int64_t count, int64_t extent) {
  return {start < 0 ? (-start + step - 1) / step : 0,
          std::min(count, (extent - start + step - 1) / step)};
}

}  // namespace tailor
