// BMP by stb_image, behind a check of the header that stb leaves out: it reads what is missing at
// the end of a file as black, and colours that are missing in the palette from nowhere.
#include <algorithm>

#include "io/image_formats.h"
#include "io/image_stb.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

constexpr size_t kFileHeader = 14;

uint32_t little_endian(std::span<const uint8_t> bytes, size_t offset, int size) {
  uint32_t value = 0;
  for (int i = size; i-- > 0;) value = value << 8 | bytes[offset + static_cast<size_t>(i)];
  return value;
}

/// What a BITMAPINFOHEADER and its longer successors say.
struct Header {
  uint32_t width;
  uint32_t height;
  uint32_t bits;         ///< a pixel
  uint32_t compression;  ///< 0: none; 3: none, with masks of the channels' bits
  size_t palette_start;
  size_t pixels_start;
};

Error truncated(const std::string& name) {
  return Error("{}: expected a whole BMP, got a truncated one", name);
}

Header read_header(std::span<const uint8_t> bytes, const std::string& name) {
  constexpr size_t kInfoHeader = 40;
  if (bytes.size() < kFileHeader + kInfoHeader) throw truncated(name);
  const uint32_t size = little_endian(bytes, 14, 4);
  if (size < kInfoHeader || size > 124) {
    throw Error("{}: expected a BMP with a header of 40 to 124 bytes, got {} (try converting it)",
                name, size);
  }
  // A negative height: rows from the top.
  const auto height = static_cast<int32_t>(little_endian(bytes, 22, 4));
  return {.width = little_endian(bytes, 18, 4),
          .height = height < 0 ? 0U - static_cast<uint32_t>(height) : static_cast<uint32_t>(height),
          .bits = little_endian(bytes, 28, 2),
          .compression = little_endian(bytes, 30, 4),
          .palette_start = kFileHeader + size,
          .pixels_start = little_endian(bytes, 10, 4)};
}

/// The largest number that a row of `bits`-bit pixels holds; `bits` is 1, 4 or 8.
uint32_t largest_colour(std::span<const uint8_t> row, uint32_t width, uint32_t bits) {
  uint32_t largest = 0;
  for (uint32_t x = 0; x < width; ++x) {
    const uint32_t bit = x * bits;
    const uint32_t shift = 8 - bits - bit % 8;
    largest = std::max(largest, uint32_t{row[bit / 8]} >> shift & ((1U << bits) - 1));
  }
  return largest;
}

void check(std::span<const uint8_t> bytes, const std::string& name) {
  const Header header = read_header(bytes, name);
  check_pixel_count(header.width, header.height, name);
  const uint32_t bits = header.bits;
  if (header.compression != 0 && header.compression != 3) {
    throw Error("{}: expected a BMP without compression, got one with (try converting it)", name);
  }
  if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32) {
    throw Error("{}: damaged BMP: expected 1, 4, 8, 16, 24 or 32 bits a pixel, got {}", name, bits);
  }
  const size_t stride = (size_t{header.width} * bits + 31) / 32 * 4;
  const size_t start = header.pixels_start;
  if (start > bytes.size() || stride * header.height > bytes.size() - start) throw truncated(name);
  if (bits > 8) return;
  if (start < header.palette_start) {
    throw Error("{}: damaged BMP: its pixels start in its header", name);
  }
  const size_t colours = (start - header.palette_start) / 4;
  for (uint32_t y = 0; y < header.height; ++y) {
    const uint32_t colour =
        largest_colour(bytes.subspan(start + y * stride, stride), header.width, bits);
    if (colour >= colours) {
      throw Error("{}: damaged BMP: colour {} is not among the {} of its palette", name, colour,
                  colours);
    }
  }
}

}  // namespace

Image decode_bmp(std::span<const uint8_t> bytes, const std::string& name) {
  check(bytes, name);
  return decode_by_stb(bytes, "BMP", 1, name);
}

}  // namespace tailor::io
