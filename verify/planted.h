// Kernels with known bugs (verify/planted/*.cu), which prove that verify finds what it looks for.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "verify/run.h"

namespace tailor::verify {

/// The kind of a message of a failed case: that of the watching device's finding, such as "race" or
/// "out of bounds"; or "wrong numbers", "input changed", "written outside", "thread order" (other
/// numbers in another order of the threads), "error" (threw one, or not the expected one).
std::string kind_of(std::string_view message);

struct Bug {
  std::string_view name;  ///< that of the kernel's variant; says what is wrong
  Op op;
  std::string_view expected;  ///< the kind of message by which it must be found
};

/// What verify says about one bug.
struct Verdict {
  Bug bug;
  std::vector<std::string> found;  ///< the kinds of all messages, in the order they came
  std::string message;             ///< of the expected kind; otherwise the first, or none
  bool caught = false;             ///< some message was of the expected kind
};

/// All that are planted.
const std::vector<Bug>& planted_bugs();

/// Runs the cases of the bug's operation on its kernel until one fails as expected.
Verdict look_for(const Bug& bug, Backend& backend);
/// Looks for all of them. Throws UsageError for a device that has no planted kernels, which all but
/// "simt-tracked" are; Error when it was not built.
std::vector<Verdict> look_for_planted(std::string_view device);

/// A line for each bug with the message that betrayed it, and how many were caught.
std::string to_table(const std::vector<Verdict>& verdicts);
/// {"bugs": [{"name", "expected", "found", "caught"}]}. Throws Error when it cannot be written.
void write_json(const std::vector<Verdict>& verdicts, const std::filesystem::path& file);

}  // namespace tailor::verify
