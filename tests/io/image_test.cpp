// Reading photos: the odd files that users have, against Pillow's results, and damaged ones.
#include "io/image.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
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

/// The limits of the golden data's own page.
double tolerance(const std::string& file, const std::string& note) {
  const auto has = [](const std::string& text, const char* word) {
    return text.find(word) != std::string::npos;
  };
  if (has(file, "cmyk") || has(file, "ycck")) return 2.0;
  if (has(note, "alpha") || has(note, "16-bit")) return 0.6;
  // Another decoder has another inverse transform or other chroma.
  const bool is_exact = file.starts_with("png_") || has(file, ".gif") || has(file, ".bmp");
  return is_exact ? 0.01 : 1.0;
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
  EXPECT_EQ(pictures, 35);
}

TEST(Image, OddFilesAreRefusedWithTheReason) {
  const std::map<std::string, std::string> reasons = {
      {"jpeg_truncated.jpg", "expected a whole JPEG, got a truncated one"},
      {"tiff.tif", "expected JPEG, PNG, WebP, GIF or BMP, got TIFF"},
      {"empty.jpg", "got an empty file"},
      {"text_named.jpg", "expected an image, got text that is not an image"},
      {"html_named.jpg", "expected an image, got HTML"},
      {"png_bad_crc.png", "CRC error in IDAT"},
      {"png_60000x60000.png", "at most 100 megapixels, got 60000x60000"},
      {"IMG_0042.HEIC", "expected JPEG, PNG, WebP, GIF or BMP, got HEIC"},
  };
  for (auto& row : test::read_csv(kImages / "odd/expected.csv")) {
    EXPECT_EQ(row["outcome"] == "error", reasons.contains(row["file"])) << row["file"];
  }
  EXPECT_EQ(decode_error({0, 1, 2}),
            "photo: expected an image, got something that is not an image");
  const std::string avif = std::string("\0\0\0\x1C", 4) + "ftypavif";
  EXPECT_NE(decode_error(Bytes(avif.begin(), avif.end())).find("got AVIF"), std::string::npos);
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

TEST(Image, APipeIsNotWaitedFor) {
  const test::TempDir folder;
  const std::filesystem::path pipe = folder / "pipe.png";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { read_image(pipe); }),
            pipe.string() + ": expected an image, got something that is no file");
}

TEST(Image, SameBytesSameHash) {
  const Bytes one = {1, 2, 3};
  EXPECT_EQ(content_hash(one), content_hash(Bytes{1, 2, 3}));
  EXPECT_NE(content_hash(one), content_hash(Bytes{1, 2, 4}));
}

/// Stored in eight ways, one picture; each was compressed as it was stored (odd/README.md of the
/// golden data: by at most 9, 0.8 in the mean).
TEST(Image, OrientationsAreOnePicture) {
  const auto stored = [](int orientation) {
    return read_image(kImages / fmt::format("odd/jpeg_exif_{}.jpg", orientation));
  };
  const Image upright = stored(1);
  for (int orientation = 2; orientation <= 8; ++orientation) {
    const Image image = stored(orientation);
    ASSERT_EQ(image.rgb.size(), upright.rgb.size());
    double sum = 0;
    for (size_t i = 0; i < image.rgb.size(); ++i) {
      const int difference = std::abs(image.rgb[i] - upright.rgb[i]);
      ASSERT_LE(difference, 9) << orientation;
      sum += difference;
    }
    EXPECT_LE(sum / static_cast<double>(image.rgb.size()), 0.8) << orientation;
  }
}

TEST(Image, EndlessJpegScansAreRefused) {
  const Bytes whole = read_image_file(kImages / "odd/jpeg_progressive.jpg");
  const auto find_marker = [&](auto from, auto is_it) {
    return std::adjacent_find(from, whole.end(),
                              [&](uint8_t a, uint8_t b) { return a == 0xFF && is_it(b); });
  };
  // The first scan, of the blocks' means, may come again and again without changing them.
  const auto scan = find_marker(whole.begin(), [](uint8_t type) { return type == 0xDA; });
  const auto end = find_marker(scan + 2, [](uint8_t type) { return type != 0; });
  ASSERT_NE(end, whole.end());
  Bytes jpeg(whole.begin(), scan);
  for (int i = 0; i < 600; ++i) jpeg.insert(jpeg.end(), scan, end);
  jpeg.insert(jpeg.end(), end, whole.end());
  EXPECT_EQ(decode_error(jpeg), "photo: damaged JPEG: too many scans");
}

/// Every shorter file and every file with one bit turned is refused or read, never anything else.
TEST(Image, DamagedFilesNeverCrash) {
  for (const char* name :
       {"jpeg_420.jpg", "jpeg_progressive.jpg", "jpeg_ycck_adobe.jpg", "jpeg_exif_6.jpg",
        "png_palette.png", "png_interlaced.png", "gif_still.gif", "gif_animated.gif",
        "bmp_24bit.bmp", "webp_lossy.webp", "webp_lossless_alpha.webp"}) {
    const Bytes whole = read_image_file(kImages / "odd" / name);
    // An animation is whole as soon as its first frame is.
    const size_t needed = std::string(name) == "gif_animated.gif" ? 400 : whole.size() - 1;
    for (size_t size = 0; size < needed; size += 7) {
      const std::string message = decode_error(Bytes(whole.begin(), whole.begin() + size));
      EXPECT_TRUE(message.starts_with("photo: ")) << name << ' ' << size << ' ' << message;
    }
    for (size_t bit = 0; bit < whole.size() * 8; bit += bit < 2400 ? 5 : 37) {
      Bytes bytes = whole;
      bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      decode_error(bytes);
    }
  }
}

}  // namespace
}  // namespace tailor::io
