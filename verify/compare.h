// Whether numbers agree as well as they must.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tailor::verify {

struct Mismatch {
  int64_t index;  ///< of the element, row-major
  double found;
  double expected;
  double bound;
};

struct Comparison {
  double share = 0;  ///< error / bound of the worst element; infinite where no error is allowed
  double error = 0;  ///< of that element
  double bound = 0;  ///< of that element
  int64_t mismatches = 0;
  std::vector<Mismatch> first;  ///< at most ten
};

/// |found - expected| <= bound for each element; bounds may be empty: equal. NaN and infinities
/// must be where they are expected and nowhere else, and a bound that is not finite holds nothing.
Comparison compare(std::span<const double> found, std::span<const double> expected,
                   std::span<const double> bounds);

}  // namespace tailor::verify
