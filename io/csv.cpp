#include "io/csv.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <cwchar>
#include <fstream>
#include <iterator>
#include <locale>

#include "kernels/api/error.h"

namespace tailor::io {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_utf8(std::string_view text) {
  using Utf8 = std::codecvt<char32_t, char8_t, std::mbstate_t>;
  const auto* begin = reinterpret_cast<const char8_t*>(text.data());
  std::mbstate_t state{};
  const int valid = std::use_facet<Utf8>(std::locale::classic())
                        .length(state, begin, begin + text.size(), text.size());
  return static_cast<size_t>(valid) == text.size();
}

}  // namespace

CsvReader::CsvReader(const std::filesystem::path& path) : path_(path.string()) {
  std::ifstream file(path, std::ios::binary);
  text_.assign(std::istreambuf_iterator<char>(file), {});
  if (!file) throw Error("{}: cannot be read: {}", path_, std::strerror(errno));
  if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF")) {
    throw Error("{}: expected text in UTF-8, got UTF-16 (try saving it as CSV UTF-8)", path_);
  }
  if (text_.find('\0') != std::string::npos) {
    throw Error("{}: expected text in UTF-8, got something that is not text", path_);
  }
  if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
}

bool CsvReader::next(std::vector<std::string>& fields) {
  while (at_ < text_.size() && at_line_end()) skip_line_end();
  if (at_ == text_.size()) return false;
  record_ = line_;
  const size_t start = at_;
  fields.clear();
  for (;;) {
    fields.push_back(text_[at_] == '"' ? read_quoted() : read_field());
    if (at_ == text_.size() || at_line_end()) break;
    ++at_;  // the comma
  }
  if (!is_utf8(std::string_view(text_).substr(start, at_ - start))) {
    throw Error("{}: expected text in UTF-8, got another encoding (try saving it as CSV UTF-8)",
                place());
  }
  if (at_ < text_.size()) skip_line_end();
  return true;
}

std::string CsvReader::place() const { return fmt::format("{}:{}", path_, record_); }

bool CsvReader::at_line_end() const { return text_[at_] == '\n' || text_[at_] == '\r'; }

void CsvReader::skip_line_end() {
  if (text_.compare(at_, 2, "\r\n") == 0) ++at_;
  ++at_;
  ++line_;
}

std::string CsvReader::read_field() {
  const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
  std::string field = text_.substr(at_, end - at_);
  at_ = end;
  return field;
}

std::string CsvReader::read_quoted() {
  std::string field;
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\n') ++line_;
    if (text_[at_] != '"') {
      field += text_[at_];
    } else if (text_.compare(at_, 2, "\"\"") == 0) {
      field += '"';
      ++at_;
    } else {
      ++at_;
      if (at_ < text_.size() && text_[at_] != ',' && !at_line_end()) {
        throw Error("{}: expected a comma or the line's end after a closing quote, got {}", place(),
                    text_[at_]);
      }
      return field;
    }
  }
  throw Error("{}: expected a closing quote, got the file's end", place());
}

std::string csv_field(std::string_view text) {
  const bool plain = text.find_first_of(",\"\r\n") == std::string_view::npos;
  if (plain && !text.starts_with(kByteOrderMark)) return std::string(text);
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + "\"";
}

}  // namespace tailor::io
