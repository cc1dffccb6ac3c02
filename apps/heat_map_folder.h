// Where predict puts heat maps: a folder that mirrors those of the photos.
#pragma once

#include <filesystem>
#include <string>

#include "io/image.h"

namespace tailor::apps {

class HeatMapFolder {
 public:
  /// Makes nothing yet. Throws Error unless the folder is new or empty, since photos of the same
  /// names may lie in any other.
  explicit HeatMapFolder(std::filesystem::path path);

  /// Writes the picture for the photo at `place` (its name, with the folders it lies in) as a JPEG
  /// of that name, or with "-2", "-3", ... where there is one already; a folder's name gets such a
  /// number where it is that of a heat map. Returns the file's path.
  std::string add(const std::filesystem::path& place, const io::Image& picture) const;

 private:
  std::filesystem::path path_;
};

}  // namespace tailor::apps
