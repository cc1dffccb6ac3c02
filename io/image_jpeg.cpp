// JPEG by libjpeg-turbo: accurate integer DCT and smooth chroma upsampling (its defaults), so that
// the pixels are Pillow's.
#include <jerror.h>

#include "io/image_formats.h"
#include "io/jpeg_errors.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

/// libjpeg's errors: see JpegErrors.
class JpegReader {
 public:
  explicit JpegReader(std::span<const uint8_t> bytes) : bytes_(bytes) {
    jpeg_.err = errors_.start();
    errors_.base.emit_message = [](j_common_ptr jpeg, int level) {
      // Of the warnings only a missing end is fatal: the rest of the picture would be grey.
      const int code = jpeg->err->msg_code;
      if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER)) {
        JpegErrors& errors = JpegErrors::of(jpeg);
        errors.truncated = true;
        errors.stop(jpeg);
      }
    };
  }
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool read_header() {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_decompress(&jpeg_);
    jpeg_mem_src(&jpeg_, bytes_.data(), bytes_.size());
    jpeg_read_header(&jpeg_, TRUE);
    return true;
  }

  /// After read_header; `rgb` has room for height() rows.
  bool read_pixels(uint8_t* rgb) {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_.out_color_space = JCS_RGB;
    jpeg_start_decompress(&jpeg_);
    const size_t stride = size_t{jpeg_.output_width} * 3;
    while (jpeg_.output_scanline < jpeg_.output_height) {
      JSAMPROW row = rgb + jpeg_.output_scanline * stride;
      jpeg_read_scanlines(&jpeg_, &row, 1);
    }
    return true;  // no jpeg_finish_decompress: a missing end marker after the last row harms nobody
  }

  uint32_t width() const { return jpeg_.image_width; }
  uint32_t height() const { return jpeg_.image_height; }
  int components() const { return jpeg_.num_components; }
  bool truncated() const { return errors_.truncated; }
  const char* message() const { return errors_.message.data(); }

 private:
  std::span<const uint8_t> bytes_;
  jpeg_decompress_struct jpeg_{};
  JpegErrors errors_{};
};

Error jpeg_error(const JpegReader& reader, const std::string& name) {
  if (reader.truncated()) return Error("{}: expected a whole JPEG, got a truncated one", name);
  return Error("{}: damaged JPEG: {}", name, reader.message());
}

}  // namespace

Image decode_jpeg(std::span<const uint8_t> bytes, const std::string& name) {
  JpegReader reader(bytes);
  if (!reader.read_header()) throw jpeg_error(reader, name);
  check_pixel_count(reader.width(), reader.height(), name);
  if (reader.components() == 4) {
    throw Error("{}: expected an RGB or grey JPEG, got CMYK (try converting it)", name);
  }
  Image image{static_cast<int>(reader.width()), static_cast<int>(reader.height()), {}};
  image.rgb.resize(size_t{reader.width()} * reader.height() * 3);
  if (!reader.read_pixels(image.rgb.data())) throw jpeg_error(reader, name);
  return image;
}

}  // namespace tailor::io
