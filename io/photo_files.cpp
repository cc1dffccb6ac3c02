#include "io/photo_files.h"

#include <algorithm>
#include <system_error>

#include "kernels/api/error.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;

/// Hidden, or left behind by Windows, macOS and their archives.
bool is_ignored(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name == "Thumbs.db" || name == "desktop.ini" ||
         name == "__MACOSX";
}

/// A file, through links; or a link that leads nowhere. No pipe, whose other end one would wait
/// for.
bool is_photo(const fs::directory_entry& entry) {
  std::error_code error;
  return !is_ignored(entry.path()) &&
         (entry.is_regular_file(error) || (entry.is_symlink(error) && !entry.exists(error)));
}

/// Runs `read`; what the file system refuses becomes an Error that names the place.
template <class Read>
auto reading(Read read) {
  try {
    return read();
  } catch (const fs::filesystem_error& error) {
    throw Error("{}: cannot be read: {}", error.path1().string(), error.code().message());
  }
}

}  // namespace

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  reading([&] {
    for (const auto& entry : fs::directory_iterator(folder)) {
      std::error_code error;
      if (entry.is_directory(error) && !is_ignored(entry.path())) folders.push_back(entry.path());
    }
  });
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> files;
  reading([&] {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (is_photo(entry)) files.push_back(entry.path().string());
    }
  });
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> files;
  reading([&] {
    for (auto at = fs::recursive_directory_iterator(folder); at != fs::end(at); ++at) {
      if (is_ignored(at->path())) at.disable_recursion_pending();
      if (is_photo(*at)) files.push_back(at->path().string());
    }
  });
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<fs::path> find_photos(const fs::path& path) {
  return reading([&]() -> std::vector<fs::path> {
    if (!fs::exists(path)) {
      throw Error("{}: expected a photo or a folder, got nothing there", path.string());
    }
    if (!fs::is_directory(path)) return {path};
    const std::vector<std::string> files = files_below(path);
    if (files.empty()) throw Error("{}: expected photos, got none", path.string());
    return {files.begin(), files.end()};
  });
}

}  // namespace tailor::io
