// What each variant of an operation costs, line by line, on a device that counts.
#pragma once

#include <string>
#include <vector>

#include "kernels/api/watch.h"
#include "verify/run.h"

namespace tailor::verify {

/// One call of one row.
struct Profile {
  Op op;
  std::string variant;
  std::string name;  ///< of the case
  /// Multiplications and additions that the operation's definition asks for; 0: not a sum of
  /// products.
  double flops = 0;
  std::vector<LineCounters> lines;  ///< by kernel and place
};

/// Each f32 row of options.op and of its gradients, on the largest case that the row takes. Throws
/// UsageError for an operation or variant that does not exist and for a device that does not count,
/// which all but "simt-tracked" are.
std::vector<Profile> profile(const Options& options);

/// For each row a heading with its arithmetic and memory traffic, and a line for each line of
/// source.
std::string to_table(const std::vector<Profile>& profiles);

}  // namespace tailor::verify
