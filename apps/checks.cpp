#include "apps/checks.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "kernels/api/error.h"

namespace tailor::apps {
namespace {

/// The whole text as a number; nothing for anything else, also for inf and nan.
template <class T>
std::optional<T> parse(const std::string& text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end || value - value != T{}) return std::nullopt;
  return value;
}

CLI::Validator check(std::string expected, std::function<bool(std::string&)> good) {
  CLI::Validator validator;
  validator.name("").operation(
      [expected = std::move(expected), good = std::move(good)](std::string& text) {
        return good(text) ? std::string() : fmt::format("expected {}, got {}", expected, text);
      });
  return validator;
}

}  // namespace

CLI::Validator whole_number(int64_t least, int64_t most) {
  const bool bounded = most != std::numeric_limits<int64_t>::max();
  return check(bounded ? fmt::format("a whole number from {} to {}", least, most)
                       : fmt::format("a whole number from {}", least),
               [=](std::string& text) {
                 const auto value = parse<int64_t>(text);
                 if (!value || *value < least || *value > most) return false;
                 text = std::to_string(*value);  // CLI11 takes 010 for 8
                 return true;
               });
}

CLI::Validator number_above(double bound) {
  return check(fmt::format("a number above {}", bound), [=](const std::string& text) {
    const auto value = parse<double>(text);
    return value && *value > bound;
  });
}

CLI::Validator number_from(double least, double below) {
  const bool bounded = below != std::numeric_limits<double>::infinity();
  return check(bounded ? fmt::format("a number from {} to below {}", least, below)
                       : fmt::format("a number from {}", least),
               [=](const std::string& text) {
                 const auto value = parse<double>(text);
                 return value && *value >= least && *value < below;
               });
}

CLI::Validator one_of(std::vector<std::string> words) {
  const std::string expected = fmt::format("one of {}", fmt::join(words, ", "));
  return check(expected, [words = std::move(words)](const std::string& text) {
    return std::find(words.begin(), words.end(), text) != words.end();
  });
}

CLI::Validator not_empty() {
  CLI::Validator validator;
  validator.name("").operation([](std::string& text) {
    return text.empty() ? std::string("expected a name, got an empty one") : std::string();
  });
  return validator;
}

void expect_folder_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.parent_path();
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return;
  throw Error("{}: expected to write it, got no folder {}", file.string(), folder.string());
}

}  // namespace tailor::apps
