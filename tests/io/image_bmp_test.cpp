// BMP files made by hand: what stands where, and what is damaged in them.
#include <gtest/gtest.h>

#include "tests/support/image_bytes.h"

namespace tailor::io {
namespace {

using test::Bytes;
using test::decode_error;
using test::put;
using test::put_little_endian;
using test::reds;

struct Bmp {
  uint32_t width = 0;
  uint32_t height = 0;  ///< negative ones as their complement
  uint32_t bits = 8;
  uint32_t compression = 0;
  Bytes palette = {};  ///< blue, green, red, 0
};

Bytes bmp(const Bmp& header, const Bytes& pixels) {
  const auto start = static_cast<uint32_t>(54 + header.palette.size());
  Bytes bytes = {'B', 'M'};
  put_little_endian(bytes, start + static_cast<uint32_t>(pixels.size()), 4);
  put_little_endian(bytes, 0, 4);
  put_little_endian(bytes, start, 4);
  put_little_endian(bytes, 40, 4);
  put_little_endian(bytes, header.width, 4);
  put_little_endian(bytes, header.height, 4);
  put_little_endian(bytes, 1, 2);
  put_little_endian(bytes, header.bits, 2);
  put_little_endian(bytes, header.compression, 4);
  put(bytes, Bytes(20));
  put(bytes, header.palette);
  put(bytes, pixels);
  return bytes;
}

const Bytes kGreys = {10, 10, 10, 0, 20, 20, 20, 0, 30, 30, 30, 0};

TEST(Bmp, RowsStartAtTheBottomUnlessTheHeightIsNegative) {
  const Bytes pixels = {0, 1, 2, 0, 2, 0, 1, 0};
  EXPECT_EQ(reds(decode_image(bmp({3, 2, 8, 0, kGreys}, pixels), "photo")),
            (Bytes{30, 10, 20, 10, 20, 30}));
  EXPECT_EQ(reds(decode_image(bmp({3, 0U - 2, 8, 0, kGreys}, pixels), "photo")),
            (Bytes{10, 20, 30, 30, 10, 20}));
}

TEST(Bmp, SmallPixels) {
  EXPECT_EQ(reds(decode_image(bmp({3, 1, 4, 0, kGreys}, {0x21, 0x00, 0, 0}), "photo")),
            (Bytes{30, 20, 10}));
  EXPECT_EQ(reds(decode_image(bmp({3, 1, 1, 0, kGreys}, {0x40, 0, 0, 0}), "photo")),
            (Bytes{10, 20, 10}));
}

TEST(Bmp, DamageIsNamed) {
  const Bytes pixels = {0, 1, 2, 0, 2, 0, 3, 0};
  EXPECT_EQ(decode_error(bmp({3, 2, 8, 0, kGreys}, pixels)),
            "photo: damaged BMP: colour 3 is not among the 3 of its palette");
  EXPECT_EQ(decode_error(bmp({3, 3, 8, 0, kGreys}, pixels)),
            "photo: expected a whole BMP, got a truncated one");
  EXPECT_EQ(decode_error(bmp({3, 2, 8, 1, kGreys}, pixels)),
            "photo: expected a BMP without compression, got one with (try converting it)");
  EXPECT_EQ(decode_error(bmp({3, 2, 7, 0, kGreys}, pixels)),
            "photo: damaged BMP: expected 1, 4, 8, 16, 24 or 32 bits a pixel, got 7");
  EXPECT_EQ(decode_error(bmp({0x7FFFFFFF, 0x80000000, 8, 0, kGreys}, pixels)),
            "photo: expected at most 100 megapixels, got 2147483647x2147483648");
  EXPECT_EQ(decode_error(bmp({3, 0, 8, 0, kGreys}, pixels)),
            "photo: expected a picture, got one of 3x0 pixels");
  Bytes early = bmp({3, 2, 8, 0, kGreys}, pixels);
  early[10] = 20;
  EXPECT_EQ(decode_error(early), "photo: damaged BMP: its pixels start in its header");
  Bytes os2 = bmp({3, 2, 8, 0, kGreys}, pixels);
  os2[14] = 12;
  EXPECT_EQ(decode_error(os2),
            "photo: expected a BMP with a header of 40 to 124 bytes, got 12 (try converting it)");
}

}  // namespace
}  // namespace tailor::io
