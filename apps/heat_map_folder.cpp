#include "apps/heat_map_folder.h"

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
  const fs::path folder = path_ / place.parent_path();
  io::make_folder(folder);
  std::error_code error;
  fs::path file = folder / place.stem().concat(".jpg");
  for (int number = 2; fs::exists(file, error); ++number) {
    file = folder / place.stem().concat(fmt::format("-{}.jpg", number));
  }
  io::write_jpeg(file, picture, kQuality);
  return file.string();
}

}  // namespace tailor::apps
