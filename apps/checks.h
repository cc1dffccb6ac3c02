// Checks of options' values that complain in this program's words: "expected ..., got ...".
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace tailor::apps {

/// "expected a whole number from 1 to 100, got x"
CLI::Validator whole_number(int64_t least, int64_t most = std::numeric_limits<int64_t>::max());
/// "expected a number above 0, got -1"
CLI::Validator number_above(double bound);
/// "expected a number from 0 to below 1, got 2"
CLI::Validator number_from(double least, double below = std::numeric_limits<double>::infinity());
/// "expected one of adam, adamw, sgd, got lion"
CLI::Validator one_of(std::vector<std::string> words);
/// "expected a name, got an empty one"
CLI::Validator not_empty();

/// Throws Error when a file cannot be written since its folder is not there: better now than after
/// an hour of work.
void expect_folder_of(const std::filesystem::path& file);

}  // namespace tailor::apps
