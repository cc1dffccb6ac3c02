#include "apps/heat_map_folder.h"

#include "apps/free_name.h"
#include "io/image_write.h"
#include "io/make_folder.h"
#include "kernels/api/error.h"

namespace tailor::apps {
namespace fs = std::filesystem;

namespace {

constexpr int kQuality = 90;

}  // namespace

HeatMapFolder::HeatMapFolder(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  if (!fs::exists(path_, error)) return;
  if (!fs::is_directory(path_, error) || !fs::is_empty(path_, error)) {
    throw Error("--heatmap: expected a new or empty folder, got {}", path_.string());
  }
}

std::string HeatMapFolder::add(const fs::path& place, const io::Image& picture) const {
  const auto is_file = [](const fs::path& path) {  // "b.jpg" of b.bmp, where a folder b.jpg was
    std::error_code error;
    return is_there(path) && !fs::is_directory(path, error);
  };
  fs::path folder = path_;
  for (const fs::path& name : place.parent_path()) {
    folder = free_name(folder, name.string(), "", is_file);
  }
  io::make_folder(folder);
  const fs::path file = free_name(folder, place.stem().string(), ".jpg");
  io::write_jpeg(file, picture, kQuality);
  return file.string();
}

}  // namespace tailor::apps
