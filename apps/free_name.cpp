#include "apps/free_name.h"

#include <fmt/format.h>

namespace tailor::apps {
namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

fs::path free_name(const fs::path& folder, const std::string& stem, const std::string& ending,
                   const std::function<bool(const fs::path&)>& taken) {
  constexpr size_t kMostBytes = 255;
  fs::path path;
  std::string last = ending;
  for (int number = 2; path.empty() || taken(path); ++number) {
    path = folder / (stem.substr(0, kMostBytes - last.size()) + last);
    last = fmt::format("-{}{}", number, ending);
  }
  return path;
}

}  // namespace tailor::apps
