// The IDX files of MNIST and its kin, gzipped or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/image.h"

namespace tailor::io {

/// A file of grey pictures (magic 0x00000803), held in memory.
struct IdxImages {
  size_t count = 0;
  int width = 0;
  int height = 0;
  std::vector<uint8_t> grey;  ///< [count, height, width]

  /// [height, width]; throws std::out_of_range beyond the last.
  std::span<const uint8_t> pixels(size_t index) const;
  /// The picture in RGB.
  Image image(size_t index) const;
};

/// Throws Error for a wrong magic number, an impossible size, a file that is cut short or too long.
IdxImages read_idx_images(const std::filesystem::path& path);
/// Labels (magic 0x00000801); throws as read_idx_images does.
std::vector<uint8_t> read_idx_labels(const std::filesystem::path& path);

/// `folder`/`name` or `folder`/`name`.gz, whichever is there.
std::optional<std::filesystem::path> find_idx(const std::filesystem::path& folder,
                                              const std::string& name);

}  // namespace tailor::io
