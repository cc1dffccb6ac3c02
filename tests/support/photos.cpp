#include "tests/support/photos.h"

#include <zlib.h>

#include <cmath>
#include <fstream>
#include <stdexcept>

#include "kernels/api/philox.h"

namespace tailor::test {
namespace {

constexpr int kWidth = 44;
constexpr int kHeight = 40;

/// Whether a shape of about 10 pixels around (cx, cy) covers (x, y).
bool covers(size_t label, double x, double y) {
  switch (label) {
    case 0:
      return std::abs(y) < 4;
    case 1:
      return x * x + y * y < 110;
    default:
      return std::abs(x) < 9 && std::abs(y) < 9;
  }
}

std::string big_endian(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
  return bytes;
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<uint32_t>(data.size())) + body +
         big_endian(static_cast<uint32_t>(crc));
}

std::string deflated(const std::string& data) {
  uLongf size = compressBound(static_cast<uLong>(data.size()));
  std::string result(size, '\0');
  compress(reinterpret_cast<Bytef*>(result.data()), &size,
           reinterpret_cast<const Bytef*>(data.data()), static_cast<uLong>(data.size()));
  result.resize(size);
  return result;
}

}  // namespace

std::vector<std::string> shape_classes() { return {"bar", "disc", "square"}; }

io::Image shape_photo(size_t label, uint64_t number) {
  constexpr uint8_t kColours[][3] = {{210, 60, 50}, {60, 190, 70}, {60, 80, 210}};
  RandomStream random(label, Stream::init, number);
  const double cx = 16 + 12 * random.uniform();
  const double cy = 14 + 12 * random.uniform();
  io::Image image{kWidth, kHeight, {}};
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const bool inside = covers(label, x - cx, y - cy);
      for (const uint8_t colour : kColours[label]) {
        const uint32_t ground = inside ? colour : 110;
        image.rgb.push_back(static_cast<uint8_t>(ground + random.below(40)));
      }
    }
  }
  return image;
}

void write_png(const std::filesystem::path& path, const io::Image& image) {
  std::string rows;
  const auto stride = static_cast<size_t>(image.width) * 3;
  for (size_t y = 0; y < static_cast<size_t>(image.height); ++y) {
    rows += '\0';  // no filter
    rows.append(reinterpret_cast<const char*>(image.rgb.data()) + y * stride, stride);
  }
  const std::string header = big_endian(static_cast<uint32_t>(image.width)) +
                             big_endian(static_cast<uint32_t>(image.height)) +
                             std::string("\x08\x02\0\0\0", 5);  // 8 bits, RGB
  std::ofstream file(path, std::ios::binary);
  file << "\x89PNG\r\n\x1a\n"
       << chunk("IHDR", header) << chunk("IDAT", deflated(rows)) << chunk("IEND", "");
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

void write_shapes(const std::filesystem::path& folder, uint64_t first, uint64_t count) {
  const std::vector<std::string> classes = shape_classes();
  for (size_t label = 0; label < classes.size(); ++label) {
    std::filesystem::create_directories(folder / classes[label]);
    for (uint64_t number = first; number < first + count; ++number) {
      write_png(folder / classes[label] / (std::to_string(number) + ".png"),
                shape_photo(label, number));
    }
  }
}

}  // namespace tailor::test
