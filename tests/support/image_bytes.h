// Image files made by hand, byte by byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "io/image.h"
#include "tests/support/errors.h"

namespace tailor::test {

using Bytes = std::vector<uint8_t>;

inline std::string decode_error(const Bytes& bytes) {
  return error_of([&] { io::decode_image(bytes, "photo"); });
}

/// The red channel of a picture, row by row.
inline Bytes reds(const io::Image& image) {
  Bytes result;
  for (size_t i = 0; i < image.rgb.size(); i += 3) result.push_back(image.rgb[i]);
  return result;
}

inline void put(Bytes& bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

inline void put_text(Bytes& bytes, const std::string& text) {
  for (const char c : text) bytes.push_back(static_cast<uint8_t>(c));
}

inline void put_little_endian(Bytes& bytes, uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<uint8_t>(value >> 8 * i));
}

/// An EXIF block of one tag in its first directory, little-endian (TIFF 6.0, section 2).
inline Bytes exif_block(uint16_t tag, uint16_t type, uint32_t value) {
  Bytes block = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0};
  put_little_endian(block, tag, 2);
  put_little_endian(block, type, 2);
  put_little_endian(block, 1, 4);
  put_little_endian(block, value, 4);
  put_little_endian(block, 0, 4);
  return block;
}

inline Bytes exif_orientation_block(uint32_t orientation) {
  return exif_block(0x0112, 3, orientation);
}

}  // namespace tailor::test
