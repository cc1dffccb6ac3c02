// PNG files made by hand, and the orientation that they and others carry as EXIF.
#include <gtest/gtest.h>
#include <zlib.h>

#include "io/image_exif.h"
#include "tests/support/image_bytes.h"

namespace tailor::io {
namespace {

using test::Bytes;
using test::decode_error;
using test::exif_block;
using test::exif_orientation_block;
using test::reds;

void put_big_endian(Bytes& bytes, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<uint8_t>(value >> shift));
}

void put_chunk(Bytes& png, const std::string& type, const Bytes& data, uint32_t flip_crc = 0) {
  put_big_endian(png, static_cast<uint32_t>(data.size()));
  Bytes body(type.begin(), type.end());
  body.insert(body.end(), data.begin(), data.end());
  png.insert(png.end(), body.begin(), body.end());
  const auto crc = static_cast<uint32_t>(crc32(0, body.data(), static_cast<uInt>(body.size())));
  put_big_endian(png, crc ^ flip_crc);
}

Bytes png_start(uint32_t width, uint32_t height) {
  Bytes png = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  Bytes header;
  put_big_endian(header, width);
  put_big_endian(header, height);
  header.insert(header.end(), {8, 0, 0, 0, 0});  // 8-bit grey
  put_chunk(png, "IHDR", header);
  return png;
}

Bytes deflated(const Bytes& raw) {
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  Bytes packed(size);
  compress(packed.data(), &size, raw.data(), static_cast<uLong>(raw.size()));
  packed.resize(size);
  return packed;
}

TEST(Png, ChunksAreChecked) {
  const Bytes pixel = deflated({0, 77});
  Bytes good = png_start(1, 1);
  put_chunk(good, "IDAT", pixel);
  Bytes no_end = good;
  put_chunk(good, "IEND", {});
  EXPECT_EQ(decode_image(good, "photo").rgb, Bytes(3, 77));

  Bytes harmless = png_start(1, 1);
  put_chunk(harmless, "tEXt", {'h', 'i'}, 1);  // changes no pixel: libpng warns and goes on
  put_chunk(harmless, "IDAT", pixel);
  put_chunk(harmless, "IEND", {});
  EXPECT_EQ(decode_image(harmless, "photo").rgb, Bytes(3, 77));

  Bytes bad_transparency = png_start(1, 1);
  put_chunk(bad_transparency, "tRNS", {0, 77}, 1);
  EXPECT_EQ(decode_error(bad_transparency), "photo: damaged PNG: CRC error in tRNS");

  EXPECT_EQ(decode_error(no_end), "photo: expected a whole PNG, got a truncated one");
  EXPECT_EQ(decode_error(png_start(0, 5)), "photo: expected a picture, got one of 0x5 pixels");
  EXPECT_EQ(decode_error(png_start(0xFFFFFFFF, 0xFFFFFFFF)),
            "photo: expected at most 100 megapixels, got 4294967295x4294967295");

  Bytes two_headers = png_start(1, 1);
  put_chunk(two_headers, "IHDR", Bytes(13));
  EXPECT_NE(decode_error(two_headers).find("expected one header"), std::string::npos);

  Bytes no_type = png_start(1, 1);
  put_chunk(no_type, "ab!d", {});
  EXPECT_NE(decode_error(no_type).find("no chunk type"), std::string::npos);

  Bytes too_few_pixels = png_start(4, 4);
  put_chunk(too_few_pixels, "IDAT", pixel);
  put_chunk(too_few_pixels, "IEND", {});
  EXPECT_TRUE(decode_error(too_few_pixels).starts_with("photo: damaged PNG: "));
}

TEST(Exif, OrientationsTurnAsTheStandardSays) {
  const Bytes stored = {0, 1, 2, 3, 0, 4, 5, 6};  // 3x2, each row behind its filter's number
  const std::vector<Bytes> upright = {{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                      {4, 5, 6, 1, 2, 3}, {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                      {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  for (uint32_t orientation = 1; orientation <= 8; ++orientation) {
    Bytes png = png_start(3, 2);
    put_chunk(png, "eXIf", exif_orientation_block(orientation));
    put_chunk(png, "IDAT", deflated(stored));
    put_chunk(png, "IEND", {});
    const Image image = decode_image(png, "photo");
    EXPECT_EQ(image.width, orientation < 5 ? 3 : 2);
    EXPECT_EQ(image.height, orientation < 5 ? 2 : 3);
    EXPECT_EQ(reds(image), upright[orientation - 1]) << orientation;
  }
}

TEST(Exif, WithoutAnOrientationItIsUpright) {
  EXPECT_EQ(exif_orientation({}), 1);
  EXPECT_EQ(exif_orientation(Bytes{'E', 'x', 'i', 'f', 0, 0}), 1);
  EXPECT_EQ(exif_orientation(exif_orientation_block(6)), 6);
  EXPECT_EQ(exif_orientation(exif_block(0x0100, 3, 6)), 1);
  for (const uint32_t none : {0U, 9U, 65535U}) {
    EXPECT_EQ(exif_orientation(exif_orientation_block(none)), 1) << none;
  }
}

TEST(Exif, DamagedBlocksNeverCrash) {
  const Bytes whole = exif_orientation_block(6);
  for (size_t size = 0; size < whole.size() - 8; ++size) {  // value and next directory may miss
    EXPECT_EQ(exif_orientation(Bytes(whole.begin(), whole.begin() + size)), 1) << size;
  }
  for (size_t i = 0; i < whole.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      Bytes block = whole;
      block[i] = static_cast<uint8_t>(value);
      const int orientation = exif_orientation(block);
      EXPECT_TRUE(orientation >= 1 && orientation <= 8);
    }
  }
}

}  // namespace
}  // namespace tailor::io
