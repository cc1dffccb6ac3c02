#include "verify/compare.h"

#include <cmath>
#include <limits>

namespace tailor::verify {

Comparison compare(std::span<const double> found, std::span<const double> expected,
                   std::span<const double> bounds) {
  constexpr size_t kShown = 10;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Comparison result;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double bound = bounds.empty() ? 0 : bounds[i];
    const bool same = found[i] == expected[i] || (std::isnan(found[i]) && std::isnan(expected[i]));
    const double difference = std::abs(found[i] - expected[i]);
    const double error = same ? 0 : std::isnan(difference) ? kInfinity : difference;
    const bool agrees = same || (std::isfinite(bound) && error <= bound);
    const double share = error == 0 ? 0 : bound > 0 ? error / bound : kInfinity;
    if (i == 0 || share > result.share) {
      result.share = share;
      result.error = error;
      result.bound = bound;
    }
    if (agrees) continue;
    ++result.mismatches;
    if (result.first.size() < kShown) {
      result.first.push_back({static_cast<int64_t>(i), found[i], expected[i], bound});
    }
  }
  return result;
}

}  // namespace tailor::verify
