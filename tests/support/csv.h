// Tables of expected values.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tailor::test {

/// The rows of a CSV file, by the names in its first line. Fields may be quoted, quotes not
/// doubled. Throws std::runtime_error when the file is missing.
std::vector<std::map<std::string, std::string>> read_csv(const std::filesystem::path& path);

}  // namespace tailor::test
