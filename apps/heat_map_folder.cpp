#include "apps/heat_map_folder.h"

#include "io/image_write.h"
#include "io/make_folder.h"
#include "kernels/api/error.h"

namespace tailor::apps {
namespace fs = std::filesystem;

namespace {

constexpr int kQuality = 90;

/// `stem` with `ending` in `folder`, cut to what a file system takes; or with "-2", "-3", ...
/// before the ending, where that is taken.
template <class Taken>
fs::path free_name(const fs::path& folder, const std::string& stem, const std::string& ending,
                   const Taken& taken) {
  constexpr size_t kMostBytes = 255;
  fs::path path;
  std::string last = ending;
  for (int number = 2; path.empty() || taken(path); ++number) {
    path = folder / (stem.substr(0, kMostBytes - last.size()) + last);
    last = fmt::format("-{}{}", number, ending);
  }
  return path;
}

}  // namespace

HeatMapFolder::HeatMapFolder(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  if (!fs::exists(path_, error)) return;
  if (!fs::is_directory(path_, error) || !fs::is_empty(path_, error)) {
    throw Error("--heatmap: expected a new or empty folder, got {}", path_.string());
  }
}

std::string HeatMapFolder::add(const fs::path& place, const io::Image& picture) const {
  std::error_code error;
  const auto exists = [&](const fs::path& path) { return fs::exists(path, error); };
  const auto is_file = [&](const fs::path& path) {  // "b.jpg" of b.bmp, where a folder b.jpg was
    return exists(path) && !fs::is_directory(path, error);
  };
  fs::path folder = path_;
  for (const fs::path& name : place.parent_path()) {
    folder = free_name(folder, name.string(), "", is_file);
  }
  io::make_folder(folder);
  const fs::path file = free_name(folder, place.stem().string(), ".jpg", exists);
  io::write_jpeg(file, picture, kQuality);
  return file.string();
}

}  // namespace tailor::apps
