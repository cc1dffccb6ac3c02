// JPEG by libjpeg-turbo: accurate integer DCT and smooth chroma upsampling (its defaults), so that
// the pixels are Pillow's.
#include <jerror.h>

#include <cstring>
#include <vector>

#include "io/image_exif.h"
#include "io/image_formats.h"
#include "io/image_upright.h"
#include "io/jpeg_errors.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

constexpr int kMostScans = 500;             // a picture has some ten; thousands would take hours
constexpr int kExifMarker = JPEG_APP0 + 1;  // XMP has it as well

/// CMYK whose samples say how much ink is missing, as Adobe's programs write them.
void inks_to_rgb(const uint8_t* inks, size_t width, uint8_t* rgb) {
  for (size_t i = 0; i < width; ++i, inks += 4, rgb += 3) {
    const int white = inks[3];
    for (size_t c = 0; c < 3; ++c) {
      rgb[c] = static_cast<uint8_t>(white - (255 - inks[c]) * white / 255);
    }
  }
}

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
    progress_.progress_monitor = [](j_common_ptr jpeg) {
      if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number > kMostScans) {
        JpegErrors& errors = JpegErrors::of(jpeg);
        errors.message = {"too many scans"};
        std::longjmp(errors.jump, 1);
      }
    };
  }
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool read_header() {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_decompress(&jpeg_);
    jpeg_.progress = &progress_;
    jpeg_mem_src(&jpeg_, bytes_.data(), bytes_.size());
    jpeg_save_markers(&jpeg_, kExifMarker, 0xFFFF);
    jpeg_read_header(&jpeg_, TRUE);
    return true;
  }

  /// After read_header. `inks` has room for a row of four components; others need none.
  bool read_pixels(UprightImage& image, uint8_t* inks) {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_.out_color_space = has_inks() ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&jpeg_);
    while (jpeg_.output_scanline < jpeg_.output_height) {
      const int y = static_cast<int>(jpeg_.output_scanline);
      uint8_t* rgb = image.row(y);
      JSAMPROW row = has_inks() ? inks : rgb;
      jpeg_read_scanlines(&jpeg_, &row, 1);
      if (has_inks()) inks_to_rgb(inks, jpeg_.output_width, rgb);
      image.finish_row(y);
    }
    return true;  // no jpeg_finish_decompress: a missing end marker after the last row harms nobody
  }

  /// The EXIF block, with its "Exif\0\0"; empty when there is none.
  std::span<const uint8_t> exif() const {
    for (const auto* marker = jpeg_.marker_list; marker != nullptr; marker = marker->next) {
      if (marker->data_length > 6 && std::memcmp(marker->data, "Exif\0\0", 6) == 0) {
        return {marker->data, marker->data_length};
      }
    }
    return {};
  }

  uint32_t width() const { return jpeg_.image_width; }
  uint32_t height() const { return jpeg_.image_height; }
  bool has_inks() const { return jpeg_.num_components == 4; }
  bool truncated() const { return errors_.truncated; }
  const char* message() const { return errors_.message.data(); }

 private:
  std::span<const uint8_t> bytes_;
  jpeg_decompress_struct jpeg_{};
  JpegErrors errors_{};
  jpeg_progress_mgr progress_{};
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
  UprightImage image(static_cast<int>(reader.width()), static_cast<int>(reader.height()),
                     exif_orientation(reader.exif()));
  std::vector<uint8_t> inks(reader.has_inks() ? size_t{reader.width()} * 4 : 0);
  if (!reader.read_pixels(image, inks.data())) throw jpeg_error(reader, name);
  return image.take();
}

}  // namespace tailor::io
