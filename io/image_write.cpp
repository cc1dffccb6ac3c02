#include "io/image_write.h"

#include "io/jpeg_errors.h"
#include "io/replace_file.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

/// As many bytes as a JPEG of this size can have at most (libjpeg-turbo's tjBufSize): libjpeg then
/// never has to find memory for the file itself.
size_t most_bytes(const Image& image) {
  const auto padded = [](int side) { return (static_cast<size_t>(side) + 15) / 16 * 16; };
  return padded(image.width) * padded(image.height) * 6 + 2048;
}

/// libjpeg's errors: see JpegErrors.
class JpegWriter {
 public:
  JpegWriter() { jpeg_.err = errors_.start(); }
  ~JpegWriter() { jpeg_destroy_compress(&jpeg_); }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  /// Fills the front of bytes[0, size) and makes that `size`.
  bool write(const Image& image, int quality, uint8_t* bytes, unsigned long& size) {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_compress(&jpeg_);
    jpeg_mem_dest(&jpeg_, &bytes, &size);
    jpeg_.image_width = static_cast<JDIMENSION>(image.width);
    jpeg_.image_height = static_cast<JDIMENSION>(image.height);
    jpeg_.input_components = 3;
    jpeg_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg_);
    jpeg_set_quality(&jpeg_, quality, TRUE);
    jpeg_start_compress(&jpeg_, TRUE);
    const size_t stride = size_t{jpeg_.image_width} * 3;
    while (jpeg_.next_scanline < jpeg_.image_height) {
      auto* row = const_cast<JSAMPROW>(image.rgb.data() + jpeg_.next_scanline * stride);
      jpeg_write_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_compress(&jpeg_);
    return true;
  }

  const char* message() const { return errors_.message.data(); }

 private:
  jpeg_compress_struct jpeg_{};
  JpegErrors errors_{};
};

}  // namespace

std::vector<uint8_t> encode_jpeg(const Image& image, int quality) {
  if (image.width < 1 || image.height < 1 || image.width > JPEG_MAX_DIMENSION ||
      image.height > JPEG_MAX_DIMENSION) {
    throw Error("JPEG: expected a picture with sides from 1 to {}, got {}x{}", JPEG_MAX_DIMENSION,
                image.width, image.height);
  }
  std::vector<uint8_t> bytes(most_bytes(image));
  unsigned long size = bytes.size();
  JpegWriter writer;
  if (!writer.write(image, quality, bytes.data(), size)) throw Error("JPEG: {}", writer.message());
  bytes.resize(size);
  return bytes;
}

void write_jpeg(const std::filesystem::path& path, const Image& image, int quality) {
  const std::vector<uint8_t> bytes = encode_jpeg(image, quality);
  write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace tailor::io
