// GIF files made by hand: what stands where, and what is damaged in them.
#include <gtest/gtest.h>

#include "tests/support/image_bytes.h"

namespace tailor::io {
namespace {

using test::Bytes;
using test::decode_error;
using test::put;
using test::put_little_endian;
using test::put_text;
using test::reds;

/// Pixels as LZW codes of three bits, two bits a pixel, the table cleared before each pixel so that
/// codes stay as short (GIF89a, appendix F).
Bytes gif_pixels(const Bytes& pixels, bool with_end = true) {
  Bytes data;
  uint32_t bits = 0;
  int count = 0;
  const auto put_code = [&](uint32_t code) {
    bits |= code << count;
    for (count += 3; count >= 8; count -= 8, bits >>= 8) data.push_back(bits & 0xFF);
  };
  for (const uint8_t pixel : pixels) {
    put_code(4);
    put_code(pixel);
  }
  if (with_end) put_code(5);
  if (count > 0) data.push_back(bits & 0xFF);
  data.insert(data.begin(), {2, static_cast<uint8_t>(data.size())});  // bits a pixel; a block
  data.push_back(0);                                                  // no more blocks
  return data;
}

struct Frame {
  uint16_t left, top, width, height;
  bool interlaced = false;
};

/// A screen whose three colours are grey 10, 20, 30 (and black), then one frame.
Bytes gif(uint16_t width, uint16_t height, const Frame& frame, const Bytes& extension = {}) {
  Bytes bytes;
  put_text(bytes, "GIF89a");
  put_little_endian(bytes, width, 2);
  put_little_endian(bytes, height, 2);
  put(bytes, {0x81, 0, 0, 10, 10, 10, 20, 20, 20, 30, 30, 30, 0, 0, 0});
  put(bytes, extension);
  bytes.push_back(0x2C);
  for (const uint16_t value : {frame.left, frame.top, frame.width, frame.height}) {
    put_little_endian(bytes, value, 2);
  }
  bytes.push_back(frame.interlaced ? 0x40 : 0);
  return bytes;
}

Bytes joined(Bytes bytes, const Bytes& more) {
  put(bytes, more);
  return bytes;
}

TEST(Gif, TransparentAndFreePixelsAreWhite) {
  const Bytes transparent_1 = {0x21, 0xF9, 4, 1, 0, 0, 1, 0};
  const Bytes bytes =
      joined(gif(3, 2, {1, 0, 2, 2}, transparent_1), joined(gif_pixels({0, 1, 2, 0}), {0x3B}));
  EXPECT_EQ(reds(decode_image(bytes, "photo")), (Bytes{255, 10, 255, 255, 30, 10}));
}

TEST(Gif, InterlacedRowsFindTheirPlaces) {
  const Bytes rows = {0, 1, 2, 0, 1, 2, 0, 1, 2};  // 0, 8, 4, 2, 6, 1, 3, 5, 7
  const Bytes bytes = joined(gif(1, 9, {0, 0, 1, 9, true}), joined(gif_pixels(rows), {0x3B}));
  EXPECT_EQ(reds(decode_image(bytes, "photo")), (Bytes{10, 30, 10, 10, 30, 20, 20, 30, 20}));
}

TEST(Gif, FrameIsCutAtTheScreen) {
  const Bytes bytes = joined(gif(2, 1, {1, 0, 2, 2}), gif_pixels({0, 1, 2, 0}));
  EXPECT_EQ(reds(decode_image(bytes, "photo")), (Bytes{255, 10}));
}

TEST(Gif, DamageIsNamed) {
  const Bytes start = gif(2, 2, {0, 0, 2, 2});
  EXPECT_EQ(decode_error(joined(start, gif_pixels({0, 1, 2}))),
            "photo: expected a whole GIF, got a truncated one");
  EXPECT_EQ(decode_error(joined(start, gif_pixels({0, 1}, false))),
            "photo: expected a whole GIF, got a truncated one");
  EXPECT_EQ(decode_error(start), "photo: expected a whole GIF, got a truncated one");
  EXPECT_EQ(decode_error(joined(gif(65535, 65535, {0, 0, 1, 1}), gif_pixels({0}))),
            "photo: expected at most 100 megapixels, got 65535x65535");
  EXPECT_EQ(decode_error(joined(gif(1, 1, {0, 0, 65535, 65535}), gif_pixels({0}))),
            "photo: expected at most 100 megapixels, got 65535x65535");
  EXPECT_EQ(decode_error(joined(gif(0, 1, {0, 0, 1, 1}), gif_pixels({0}))),
            "photo: expected a picture, got one of 0x1 pixels");

  Bytes no_frame = start;
  no_frame.resize(13 + 12);
  EXPECT_EQ(decode_error(joined(no_frame, {0x3B})), "photo: damaged GIF: no picture in it");

  Bytes two_colours = start;  // the global table of two: the others belong to nothing
  two_colours[10] = 0x80;
  two_colours.erase(two_colours.begin() + 13 + 6, two_colours.begin() + 13 + 12);
  EXPECT_EQ(decode_error(joined(two_colours, gif_pixels({0, 1, 2, 0}))),
            "photo: damaged GIF: colour 2 is not among its 2");

  Bytes no_colours = start;
  no_colours[10] = 0;
  no_colours.erase(no_colours.begin() + 13, no_colours.begin() + 13 + 12);
  EXPECT_EQ(decode_error(joined(no_colours, gif_pixels({0, 1, 2, 0}))),
            "photo: damaged GIF: no colours in it");
}

}  // namespace
}  // namespace tailor::io
