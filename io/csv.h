// Tables as text: comma-separated values (RFC 4180).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tailor::io {

/// Reads a file record by record. Lines end with LF, CR LF or CR; quoted fields may hold commas,
/// doubled quotes and line ends; a byte-order mark and empty lines are skipped.
class CsvReader {
 public:
  /// Throws Error when the file cannot be read or is UTF-16 or no text.
  explicit CsvReader(const std::filesystem::path& path);

  /// The next record's fields; false at the end. Throws Error that names file and line when a quote
  /// is not closed or something follows a closed one, or the record is not in UTF-8.
  bool next(std::vector<std::string>& fields);

  /// Where the record that next() gave begins, as messages have it: "FILE:LINE".
  std::string place() const;

 private:
  bool at_line_end() const;
  void skip_line_end();
  std::string read_field();
  std::string read_quoted();

  std::string path_;
  std::string text_;
  size_t at_ = 0;
  size_t line_ = 1;    ///< of `at_`
  size_t record_ = 1;  ///< the line of the last record's start
};

/// A field as it stands in a CSV file: in quotes when it needs them.
std::string csv_field(std::string_view text);

}  // namespace tailor::io
