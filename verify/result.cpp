#include "verify/result.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace tailor::verify {
namespace {

/// "[1, 0, 3]", the place of an element.
std::string place_of(int64_t index, const Shape& shape) {
  Shape place = shape;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    place[i] = index % shape[i];
    index /= shape[i];
  }
  return to_string(place);
}

}  // namespace

std::string_view name_of(Status status) {
  constexpr std::string_view kNames[] = {"pass", "fail", "unsupported"};
  return kNames[static_cast<size_t>(status)];
}

void add_comparison(const Comparison& comparison, const std::string& argument, const Shape& shape,
                    Result& result) {
  if (comparison.share > result.share) {
    result.share = comparison.share;
    result.error = comparison.error;
    result.bound = comparison.bound;
  }
  if (comparison.mismatches == 0) return;
  for (const Mismatch& m : comparison.first) {
    const double found =  // NaN has a sign that says nothing
        std::isnan(m.found) ? std::numeric_limits<double>::quiet_NaN() : m.found;
    result.fail(
        fmt::format("{}{}: expected {:.9g}, got {:.9g}, off by {:.3g} where {:.3g} is "
                    "allowed",
                    argument, place_of(m.index, shape), m.expected, found,
                    std::abs(found - m.expected), m.bound));
  }
  const auto more = comparison.mismatches - static_cast<int64_t>(comparison.first.size());
  if (more > 0) result.fail(fmt::format("{}: and {} more", argument, more));
}

}  // namespace tailor::verify
