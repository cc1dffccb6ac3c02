// Photos from files: what kind of file it is, and its pixels as RGB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace tailor::io {

/// An 8-bit RGB picture, rows from the top, without padding.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> rgb;  ///< [height, width, 3]
};

/// Decodes a JPEG, PNG, WebP, GIF or BMP file held in memory; the content decides which it is,
/// never the name. The picture is turned upright as its EXIF orientation says; grey is repeated in
/// three channels; alpha is composed on white; of 16-bit samples the high byte counts; the inks of
/// a CMYK JPEG are taken as inverted, as Adobe's programs write them; of an animation the first
/// frame counts. `name` is the file's name for messages. Throws Error for anything but a whole
/// image of at most 100 megapixels, which are checked before memory is taken.
Image decode_image(std::span<const uint8_t> bytes, const std::string& name);

/// The bytes of a photo's file. Throws Error when it cannot be read.
std::vector<uint8_t> read_image_file(const std::filesystem::path& path);

/// read_image_file, then decode_image.
Image read_image(const std::filesystem::path& path);

/// XXH3 of a photo's file: the same photo has the same hash wherever it lies.
uint64_t content_hash(std::span<const uint8_t> bytes);

}  // namespace tailor::io
