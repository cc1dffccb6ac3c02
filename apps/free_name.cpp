#include "apps/free_name.h"

#include <fmt/format.h>

namespace tailor::apps {
namespace fs = std::filesystem;

fs::path free_name(const fs::path& folder, const fs::path& stem) {
  std::error_code error;
  fs::path file = folder / fs::path(stem).concat(".jpg");
  for (int number = 2; fs::exists(fs::symlink_status(file, error)); ++number) {
    file = folder / fs::path(stem).concat(fmt::format("-{}.jpg", number));
  }
  return file;
}

}  // namespace tailor::apps
