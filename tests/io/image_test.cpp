// Reading photos: the odd files that users have, against Pillow's results, and damaged ones.
#include "io/image.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "tests/support/csv.h"
#include "tests/support/errors.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

const std::filesystem::path kImages = std::filesystem::path(TAILOR_TEST_DATA) / "images";

using Bytes = std::vector<uint8_t>;

using test::error_of;

std::string decode_error(const Bytes& bytes) {
  return error_of([&] { decode_image(bytes, "photo"); });
}

/// Channel means over columns [left, right) and rows [top, bottom).
std::array<double, 3> means(const Image& image, int left, int right, int top, int bottom) {
  std::array<double, 3> sums{};
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      for (size_t c = 0; c < 3; ++c) {
        sums[c] += image.rgb[static_cast<size_t>(y * image.width + x) * 3 + c];
      }
    }
  }
  for (double& sum : sums) sum /= (right - left) * (bottom - top);
  return sums;
}

/// The limits of the golden data's own page: JPEG decoders differ, alpha is rounded.
double tolerance(const std::string& file, const std::string& note) {
  if (file.find("png_") == std::string::npos) return 1.0;
  const bool blended = note.find("alpha") != std::string::npos;
  return blended || note.find("16-bit") != std::string::npos ? 0.6 : 0.01;
}

TEST(Image, OddFilesGiveWhatPillowGives) {
  int pictures = 0;
  std::map<std::string, std::map<std::string, std::string>> quadrants;
  for (const auto& row : test::read_csv(kImages / "odd/quadrants.csv")) {
    quadrants[row.at("file")] = row;
  }
  for (auto& row : test::read_csv(kImages / "odd/expected.csv")) {
    if (row["outcome"] != "ok") continue;
    const std::string& file = row["file"];
    SCOPED_TRACE(file);
    const Image image = read_image(kImages / "odd" / file);
    ASSERT_EQ(image.width, std::stoi(row["width"]));
    ASSERT_EQ(image.height, std::stoi(row["height"]));
    ASSERT_EQ(image.rgb.size(), static_cast<size_t>(image.width * image.height * 3));
    const double limit = tolerance(file, row["note"]);
    const auto compare = [&](const std::string& prefix,
                             std::map<std::string, std::string>& expected,
                             const std::array<double, 3>& result, double bound) {
      EXPECT_NEAR(result[0], std::stod(expected[prefix + "_r"]), bound) << prefix;
      EXPECT_NEAR(result[1], std::stod(expected[prefix + "_g"]), bound) << prefix;
      EXPECT_NEAR(result[2], std::stod(expected[prefix + "_b"]), bound) << prefix;
    };
    const int w = image.width;
    const int h = image.height;
    compare("mean", row, means(image, 0, w, 0, h), limit);
    auto& parts = quadrants.at(file);
    compare("tl", parts, means(image, 0, (w + 1) / 2, 0, (h + 1) / 2), 2 * limit);
    compare("tr", parts, means(image, w / 2, w, 0, (h + 1) / 2), 2 * limit);
    compare("bl", parts, means(image, 0, (w + 1) / 2, h / 2, h), 2 * limit);
    compare("br", parts, means(image, w / 2, w, h / 2, h), 2 * limit);
    ++pictures;
  }
  EXPECT_EQ(pictures, 19);
}

TEST(Image, OddFilesAreRefusedWithTheReason) {
  const std::map<std::string, std::string> reasons = {
      {"jpeg_truncated.jpg", "expected a whole JPEG, got a truncated one"},
      {"tiff.tif", "expected JPEG or PNG, got TIFF"},
      {"empty.jpg", "got an empty file"},
      {"text_named.jpg", "not an image"},
      {"html_named.jpg", "expected an image, got HTML"},
      {"png_bad_crc.png", "CRC error in IDAT"},
      {"png_60000x60000.png", "at most 100 megapixels, got 60000x60000"},
      {"IMG_0042.HEIC", "expected JPEG or PNG, got HEIC"},
      {"gif_still.gif", "expected JPEG or PNG, got GIF"},
      {"bmp_24bit.bmp", "expected JPEG or PNG, got BMP"},
      {"webp_lossy.webp", "expected JPEG or PNG, got WebP"},
  };
  for (auto& row : test::read_csv(kImages / "odd/expected.csv")) {
    EXPECT_EQ(row["outcome"] == "error", reasons.contains(row["file"])) << row["file"];
  }
  for (const auto& [file, reason] : reasons) {
    const std::filesystem::path path = kImages / "odd" / file;
    const std::string message = error_of([&] { read_image(path); });
    EXPECT_TRUE(message.starts_with(path.string() + ": ")) << message;
    EXPECT_NE(message.find(reason), std::string::npos) << message;
  }
}

TEST(Image, JpegPixelsAreLibjpegTurbos) {
  const Image image = read_image(kImages / "jpeg/photo5.jpg");
  EXPECT_EQ(image.width, 257);
  EXPECT_EQ(image.height, 341);
  EXPECT_EQ(crc32(0, image.rgb.data(), static_cast<uInt>(image.rgb.size())), 0xb717bdd4);
}

TEST(Image, MissingFileAndFolderAreNamed) {
  const test::TempDir folder;
  EXPECT_EQ(error_of([&] { read_image(folder / "no.jpg"); }),
            (folder / "no.jpg").string() + ": cannot be read: No such file or directory");
  EXPECT_EQ(error_of([&] { read_image(folder.path()); }),
            folder.path().string() + ": cannot be read: Is a directory");
}

TEST(Image, SameBytesSameHash) {
  const Bytes one = {1, 2, 3};
  EXPECT_EQ(content_hash(one), content_hash(Bytes{1, 2, 3}));
  EXPECT_NE(content_hash(one), content_hash(Bytes{1, 2, 4}));
}

/// Every shorter file and every file with one bit turned is refused or read, never anything else.
TEST(Image, DamagedFilesNeverCrash) {
  for (const char* name : {"odd/jpeg_420.jpg", "odd/jpeg_progressive.jpg", "odd/png_palette.png",
                           "odd/png_interlaced.png"}) {
    const Bytes whole = read_image_file(kImages / name);
    for (size_t size = 0; size < whole.size(); size += 7) {
      const std::string message = decode_error(Bytes(whole.begin(), whole.begin() + size));
      EXPECT_TRUE(message.starts_with("photo: ")) << name << ' ' << size << ' ' << message;
    }
    for (size_t bit = 0; bit < whole.size() * 8; bit += 37) {
      Bytes bytes = whole;
      bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      decode_error(bytes);
    }
  }
}

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

TEST(Image, PngChunksAreChecked) {
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

}  // namespace
}  // namespace tailor::io
