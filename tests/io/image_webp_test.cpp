// WebP files made by hand: animations, orientations and damage.
#include <gtest/gtest.h>
#include <webp/encode.h>

#include "tests/support/image_bytes.h"

namespace tailor::io {
namespace {

using test::Bytes;
using test::decode_error;
using test::exif_orientation_block;
using test::put;
using test::put_little_endian;
using test::put_text;
using test::reds;

void put_riff(Bytes& bytes, const std::string& type, const Bytes& data) {
  put_text(bytes, type);
  put_little_endian(bytes, static_cast<uint32_t>(data.size()), 4);
  put(bytes, data);
  if (data.size() % 2 != 0) bytes.push_back(0);
}

/// The VP8L chunk of a picture of one row: its payload.
Bytes lossless_row(const Bytes& rgba) {
  uint8_t* file = nullptr;
  const auto width = static_cast<int>(rgba.size() / 4);
  const size_t size = WebPEncodeLosslessRGBA(rgba.data(), width, 1, width * 4, &file);
  constexpr size_t kHeaders = 20;  // RIFF, size, WEBP, VP8L, size
  const size_t payload = file[16] + 256U * file[17];
  EXPECT_LE(kHeaders + payload, size);
  Bytes chunk(file + kHeaders, file + kHeaders + payload);
  WebPFree(file);
  return chunk;
}

/// An extended file (WebP container specification) with a canvas of `width` x 1.
Bytes webp(uint8_t flags, uint32_t width, const Bytes& chunks) {
  Bytes header = {flags, 0, 0, 0};
  put_little_endian(header, width - 1, 3);
  put_little_endian(header, 0, 3);
  Bytes body;
  put_text(body, "WEBP");
  put_riff(body, "VP8X", header);
  put(body, chunks);
  Bytes file;
  put_riff(file, "RIFF", body);
  return file;
}

TEST(Webp, FirstFrameLiesOnWhite) {
  Bytes chunks;
  put_riff(chunks, "ANIM", Bytes(6));
  for (const uint8_t grey : {0, 99}) {  // of the first frame one pixel is half transparent
    Bytes frame;
    put_little_endian(frame, 1, 3);  // two pixels to the right
    put_little_endian(frame, 0, 3);
    put_little_endian(frame, 2 - 1, 3);
    put_little_endian(frame, 0, 3);
    put_little_endian(frame, 40, 3);
    frame.push_back(0);
    put_riff(frame, "VP8L", lossless_row({grey, 0, 0, 255, grey, 0, 0, 128}));
    put_riff(chunks, "ANMF", frame);
  }
  constexpr uint8_t kAnimation = 0x02;
  constexpr uint8_t kAlpha = 0x10;
  const Bytes file = webp(kAnimation | kAlpha, 5, chunks);
  EXPECT_EQ(reds(decode_image(file, "photo")), (Bytes{255, 255, 0, 127, 255}));
}

TEST(Webp, IsTurnedUpright) {
  Bytes chunks;
  put_riff(chunks, "VP8L", lossless_row({1, 0, 0, 255, 2, 0, 0, 255, 3, 0, 0, 255}));
  put_riff(chunks, "EXIF", exif_orientation_block(8));
  constexpr uint8_t kExif = 0x08;
  const Image image = decode_image(webp(kExif, 3, chunks), "photo");
  EXPECT_EQ(image.width, 1);
  EXPECT_EQ(reds(image), (Bytes{3, 2, 1}));
}

TEST(Webp, DamageIsNamed) {
  Bytes chunks;
  put_riff(chunks, "VP8L", lossless_row({1, 0, 0, 255, 2, 0, 0, 255}));
  Bytes whole = webp(0, 2, chunks);
  EXPECT_EQ(decode_image(whole, "photo").width, 2);
  EXPECT_EQ(decode_error(webp(0, 1 << 24, chunks)), "photo: damaged WebP");  // not the frame's
  constexpr uint8_t kAnimation = 0x02;
  Bytes animation;
  put_riff(animation, "ANIM", Bytes(6));
  Bytes frame(16);
  put_riff(frame, "VP8L", lossless_row({1, 0, 0, 255}));
  put_riff(animation, "ANMF", frame);
  Bytes wide = webp(kAnimation, 1 << 24, animation);
  wide[12 + 8 + 7] = 9;  // 10 rows
  EXPECT_EQ(decode_error(wide), "photo: expected at most 100 megapixels, got 16777216x10");
  whole.pop_back();
  EXPECT_EQ(decode_error(whole), "photo: expected a whole WebP, got a truncated one");
}

}  // namespace
}  // namespace tailor::io
