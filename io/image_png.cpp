// PNG by stb_image, behind a walk over the chunks that makes the checks stb leaves out.
#include <zlib.h>

#include <algorithm>
#include <string_view>

#include "io/image_exif.h"
#include "io/image_formats.h"
#include "io/image_stb.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

constexpr size_t kSignatureSize = 8;
constexpr size_t kChunkOverhead = 12;  // length, type and CRC, 4 bytes each

uint32_t big_endian(std::span<const uint8_t> bytes, size_t offset) {
  return uint32_t{bytes[offset]} << 24 | uint32_t{bytes[offset + 1]} << 16 |
         uint32_t{bytes[offset + 2]} << 8 | uint32_t{bytes[offset + 3]};
}

/// Walks from IHDR to IEND (PNG specification, section 5): every chunk within the file, intact
/// where it matters to the pixels, and a picture of a size that may be decoded. Gives the EXIF
/// block, empty when there is none.
std::span<const uint8_t> check_chunks(std::span<const uint8_t> bytes, const std::string& name) {
  std::span<const uint8_t> exif;
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
    if (type == "eXIf") exif = bytes.subspan(at + 8, length);
    if (type == "IEND") return exif;
    at += kChunkOverhead + length;
  }
  throw Error("{}: expected a whole PNG, got a truncated one", name);
}

}  // namespace

Image decode_png(std::span<const uint8_t> bytes, const std::string& name) {
  return decode_by_stb(bytes, "PNG", exif_orientation(check_chunks(bytes, name)), name);
}

}  // namespace tailor::io
