// JPEG files: what is written comes back when it is read.
#include "io/image_write.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/errors.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

/// Red grows to the right, green downwards; no side is a multiple of JPEG's blocks.
Image ramps() {
  Image image{83, 45, {}};
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const auto red = static_cast<uint8_t>(3 * x), green = static_cast<uint8_t>(5 * y);
      image.rgb.insert(image.rgb.end(), {red, green, 90});
    }
  }
  return image;
}

int largest_difference(const Image& a, const Image& b) {
  int largest = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) {
    largest = std::max(largest, std::abs(a.rgb[i] - b.rgb[i]));
  }
  return largest;
}

TEST(ImageWrite, JpegComesBack) {
  const Image image = ramps();
  const std::vector<uint8_t> bytes = encode_jpeg(image, 95);
  const Image back = decode_image(bytes, "written");
  ASSERT_EQ(back.width, 83);
  ASSERT_EQ(back.height, 45);
  EXPECT_LE(largest_difference(back, image), 12);
  EXPECT_EQ(bytes, encode_jpeg(image, 95));
  EXPECT_LT(encode_jpeg(image, 50).size(), bytes.size());
}

TEST(ImageWrite, OnePixelAndNoiseFit) {
  const Image pixel{1, 1, {200, 100, 50}};
  EXPECT_LE(largest_difference(decode_image(encode_jpeg(pixel, 100), "pixel"), pixel), 2);
  Image noise{64, 64, {}};  // nothing is harder to compress
  for (uint32_t i = 0, state = 1; i < 64 * 64 * 3; ++i) {
    state = state * 1664525 + 1013904223;
    noise.rgb.push_back(static_cast<uint8_t>(state >> 31 ? 255 : 0));
  }
  EXPECT_EQ(decode_image(encode_jpeg(noise, 100), "noise").width, 64);
}

TEST(ImageWrite, RefusesWhatJpegCannotHold) {
  EXPECT_EQ(test::error_of([] { encode_jpeg({}, 90); }),
            "JPEG: expected a picture with sides from 1 to 65500, got 0x0");
  EXPECT_EQ(test::error_of([] {
              encode_jpeg({65501, 1, {}}, 90);
            }),
            "JPEG: expected a picture with sides from 1 to 65500, got 65501x1");
}

TEST(ImageWrite, FileHoldsTheBytes) {
  const test::TempDir folder;
  write_jpeg(folder / "a.jpg", ramps(), 90);
  std::ifstream file(folder / "a.jpg", std::ios::binary);
  const std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(bytes, encode_jpeg(ramps(), 90));
  const std::filesystem::path nowhere = folder / "none/a.jpg";
  EXPECT_EQ(test::error_of([&] { write_jpeg(nowhere, ramps(), 90); }),
            nowhere.string() + ": expected to write it, got 'No such file or directory'");
}

}  // namespace
}  // namespace tailor::io
