// PNG by stb_image, behind a walk over the chunks that makes the checks stb leaves out.
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "io/image_formats.h"
#include "kernels/api/error.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace tailor::io {
namespace {

constexpr size_t kSignatureSize = 8;
constexpr size_t kChunkOverhead = 12;  // length, type and CRC, 4 bytes each

uint32_t big_endian(std::span<const uint8_t> bytes, size_t offset) {
  return uint32_t{bytes[offset]} << 24 | uint32_t{bytes[offset + 1]} << 16 |
         uint32_t{bytes[offset + 2]} << 8 | uint32_t{bytes[offset + 3]};
}

/// Walks from IHDR to IEND (PNG specification, section 5): every chunk within the file, intact
/// where it matters to the pixels, and a picture of a size that may be decoded.
void check_chunks(std::span<const uint8_t> bytes, const std::string& name) {
  for (size_t at = kSignatureSize; at < bytes.size();) {
    const size_t left = bytes.size() - at;
    if (left < kChunkOverhead) break;
    const size_t length = big_endian(bytes, at);
    const std::string_view type(reinterpret_cast<const char*>(bytes.data()) + at + 4, 4);
    if (!std::all_of(type.begin(), type.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); })) {
      throw Error("{}: damaged PNG: no chunk type at byte {}", name, at + 4);
    }
    if (length > left - kChunkOverhead) break;
    const bool is_first = at == kSignatureSize;
    if (is_first != (type == "IHDR") || (is_first && length != 13)) {
      throw Error("{}: damaged PNG: expected one header at its start, got {} of {} bytes", name,
                  type, length);
    }
    // Of the ancillary chunks (small first letter) only transparency changes pixels.
    const bool changes_pixels = (type[0] & 0x20) == 0 || type == "tRNS";
    const auto crc = crc32(0, bytes.data() + at + 4, static_cast<uInt>(length + 4));
    if (changes_pixels && crc != big_endian(bytes, at + 8 + length)) {
      throw Error("{}: damaged PNG: CRC error in {}", name, type);
    }
    if (is_first) check_pixel_count(big_endian(bytes, at + 8), big_endian(bytes, at + 12), name);
    if (type == "IEND") return;
    at += kChunkOverhead + length;
  }
  throw Error("{}: expected a whole PNG, got a truncated one", name);
}

uint8_t on_white(int colour, int alpha) {
  return static_cast<uint8_t>((alpha * colour + (255 - alpha) * 255) / 255);
}

/// `pixels` has 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels.
void to_rgb(const uint8_t* pixels, int channels, std::vector<uint8_t>& rgb) {
  const size_t count = rgb.size() / 3;
  const bool has_alpha = channels == 2 || channels == 4;
  const int green = channels > 2 ? 1 : 0;  // offsets within a pixel
  const int blue = channels > 2 ? 2 : 0;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* in = pixels + i * static_cast<size_t>(channels);
    const int alpha = has_alpha ? in[channels - 1] : 255;
    rgb[i * 3] = on_white(in[0], alpha);
    rgb[i * 3 + 1] = on_white(in[green], alpha);
    rgb[i * 3 + 2] = on_white(in[blue], alpha);
  }
}

}  // namespace

Image decode_png(std::span<const uint8_t> bytes, const std::string& name) {
  check_chunks(bytes, name);
  int width = 0;
  int height = 0;
  int channels = 0;
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> pixels(
      stbi_load_from_memory(bytes.data(), static_cast<int>(bytes.size()), &width, &height,
                            &channels, 0),
      &stbi_image_free);
  if (!pixels) throw Error("{}: damaged PNG: {}", name, stbi_failure_reason());
  Image image{width, height, {}};
  image.rgb.resize(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  to_rgb(pixels.get(), channels, image.rgb);
  return image;
}

}  // namespace tailor::io
