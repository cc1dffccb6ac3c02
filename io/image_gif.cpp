// GIF by giflib: the first frame. (stb_image takes a truncated GIF for a whole one, and a small
// file can keep it busy for hours.)
#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "io/image_formats.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

struct Close {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};

int read_bytes(GifFileType* gif, GifByteType* to, int wanted) {
  auto& left = *static_cast<std::span<const uint8_t>*>(gif->UserData);
  const size_t count = std::min(left.size(), static_cast<size_t>(wanted));
  std::copy_n(left.begin(), count, to);
  left = left.subspan(count);
  return static_cast<int>(count);
}

class GifReader {
 public:
  GifReader(std::span<const uint8_t> bytes, const std::string& name) : left_(bytes), name_(name) {
    int error = 0;
    gif_.reset(DGifOpen(&left_, read_bytes, &error));
    if (!gif_) fail(error);
  }

  Image read() {
    find_first_frame();
    const GifImageDesc frame = gif_->Image;
    check_pixel_count(static_cast<uint64_t>(gif_->SWidth), static_cast<uint64_t>(gif_->SHeight),
                      name_);
    check_pixel_count(static_cast<uint64_t>(frame.Width), static_cast<uint64_t>(frame.Height),
                      name_);
    Image image{gif_->SWidth, gif_->SHeight, {}};  // what the frame leaves free is white
    image.rgb.assign(static_cast<size_t>(image.width) * static_cast<size_t>(image.height) * 3, 255);
    std::vector<GifPixelType> line(static_cast<size_t>(frame.Width));
    const auto read_line = [&](int y) {
      check(DGifGetLine(gif_.get(), line.data(), frame.Width));
      draw(line, frame.Left, frame.Top + y, image);
    };
    if (frame.Interlace) {  // GIF89a, appendix E: every eighth row, then those between
      constexpr std::array<std::array<int, 2>, 4> kPasses = {{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
      for (const auto [start, step] : kPasses) {
        for (int y = start; y < frame.Height; y += step) read_line(y);
      }
    } else {
      for (int y = 0; y < frame.Height; ++y) read_line(y);
    }
    return image;
  }

 private:
  [[noreturn]] void fail(int error) const {
    if (error == D_GIF_ERR_READ_FAILED || error == D_GIF_ERR_EOF_TOO_SOON || left_.empty()) {
      throw Error("{}: expected a whole GIF, got a truncated one", name_);
    }
    const char* reason = GifErrorString(error);
    throw Error("{}: damaged GIF: {}", name_, reason != nullptr ? reason : "unknown reason");
  }

  void check(int result) const {
    if (result == GIF_ERROR) fail(gif_->Error);
  }

  /// Up to the pixels of the first frame; what stands before them may make a colour transparent.
  void find_first_frame() {
    for (;;) {
      GifRecordType type = UNDEFINED_RECORD_TYPE;
      check(DGifGetRecordType(gif_.get(), &type));
      if (type == TERMINATE_RECORD_TYPE) throw Error("{}: damaged GIF: no picture in it", name_);
      if (type == IMAGE_DESC_RECORD_TYPE) break;
      read_extension();
    }
    check(DGifGetImageDesc(gif_.get()));
    colours_ = gif_->Image.ColorMap != nullptr ? gif_->Image.ColorMap : gif_->SColorMap;
    if (colours_ == nullptr) throw Error("{}: damaged GIF: no colours in it", name_);
  }

  void read_extension() {
    int code = 0;
    GifByteType* block = nullptr;
    check(DGifGetExtension(gif_.get(), &code, &block));
    while (block != nullptr) {
      GraphicsControlBlock control;
      if (code == GRAPHICS_EXT_FUNC_CODE &&
          DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK) {
        transparent_ = control.TransparentColor;
      }
      check(DGifGetExtensionNext(gif_.get(), &block));
    }
  }

  /// A line of the frame onto the picture; what lies outside of it is cut off.
  void draw(const std::vector<GifPixelType>& line, int left, int y, Image& image) const {
    if (y >= image.height) return;
    const int count = std::min(static_cast<int>(line.size()), image.width - left);
    for (int x = 0; x < count; ++x) {
      const int index = line[static_cast<size_t>(x)];
      if (index == transparent_) continue;
      if (index >= colours_->ColorCount) {
        throw Error("{}: damaged GIF: colour {} is not among its {}", name_, index,
                    colours_->ColorCount);
      }
      const GifColorType colour = colours_->Colors[index];
      uint8_t* pixel =
          image.rgb.data() + (static_cast<size_t>(y) * static_cast<size_t>(image.width) +
                              static_cast<size_t>(left + x)) *
                                 3;
      pixel[0] = colour.Red;
      pixel[1] = colour.Green;
      pixel[2] = colour.Blue;
    }
  }

  std::span<const uint8_t> left_;
  const std::string& name_;
  std::unique_ptr<GifFileType, Close> gif_;
  const ColorMapObject* colours_ = nullptr;
  int transparent_ = NO_TRANSPARENT_COLOR;
};

}  // namespace

Image decode_gif(std::span<const uint8_t> bytes, const std::string& name) {
  return GifReader(bytes, name).read();
}

}  // namespace tailor::io
