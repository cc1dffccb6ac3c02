// Results for people and for programs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "verify/run.h"

namespace tailor::verify {

/// How many results have each status.
struct Summary {
  int pass = 0, fail = 0, unsupported = 0;
};
Summary summary_of(const std::vector<Result>& results);

/// A line for each result, with the first mismatches below those that failed, and the summary.
std::string to_table(const std::vector<Result>& results);

/// Writes a file that was asked for by --json. Throws Error when it cannot be written.
void write_text(const std::string& text, const std::filesystem::path& file);

/// {"results": [{"op", "direction", "device", "dtype", "variant", "case", "status", "error",
/// "bound"}], "summary": {"pass", "fail", "unsupported"}}; an error that is not finite is null.
/// Throws Error when it cannot be written.
void write_json(const std::vector<Result>& results, const std::filesystem::path& file);

}  // namespace tailor::verify
