// Resizing against Pillow's results, byte for byte (tests/golden/images/README.md).
#include "io/resize.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "tests/support/csv.h"

namespace tailor::io {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(TAILOR_TEST_DATA) / "images/resize";

Box all_of(const Image& image) { return {0, 0, image.width, image.height}; }

Image cut(const Image& image, const Box& box) {
  Image part{box.width, box.height, {}};
  for (int y = 0; y < box.height; ++y) {
    const auto row = image.rgb.begin() + ((box.top + y) * image.width + box.left) * 3;
    part.rgb.insert(part.rgb.end(), row, row + box.width * 3);
  }
  return part;
}

void expect_pillows_bytes() {
  int cases = 0;
  for (auto& row : test::read_csv(kGolden / "cases.csv")) {
    if (row["op"] != "resize") continue;
    const Image expected = read_image(kGolden / row["output"]);
    const Filter filter = row["filter"] == "bicubic" ? Filter::bicubic : Filter::bilinear;
    const Image result = resize(read_image(kGolden / row["source"]), std::stoi(row["width"]),
                                std::stoi(row["height"]), filter);
    EXPECT_EQ(result.width, expected.width) << row["output"];
    EXPECT_EQ(result.height, expected.height) << row["output"];
    EXPECT_TRUE(result.rgb == expected.rgb) << row["output"];
    ++cases;
  }
  EXPECT_EQ(cases, 62);
}

TEST(Resize, EqualsPillow) { expect_pillows_bytes(); }

TEST(Resize, EqualsPillowWithEveryInstructionSet) {
  const int64_t supported = hwy::SupportedTargets();
  for (const int64_t target : {HWY_SCALAR, HWY_SSSE3, HWY_SSE4, HWY_AVX2, HWY_AVX3}) {
    if ((supported & target) == 0) continue;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    expect_pillows_bytes();
  }
  hwy::SetSupportedTargetsForTest(0);  // all again
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(Resize, CropIsThatPartOfTheWhole) {
  const Image source = read_image(kGolden / "src/500x333_photo.png");
  for (const Filter filter : {Filter::bilinear, Filter::bicubic}) {
    for (const auto& [width, height] : {std::pair{211, 140}, {384, 256}, {1001, 667}, {500, 91}}) {
      const Image whole = resize(source, width, height, filter);
      for (const Box& box : {Box{0, 0, 17, 31}, Box{width - 1, height - 1, 1, 1},
                             Box{width / 3, height / 5, width / 2, height / 2}}) {
        const Image part = resize(source, {all_of(source), width, height, box}, filter);
        EXPECT_EQ(part.width, box.width);
        EXPECT_EQ(part.height, box.height);
        EXPECT_TRUE(part.rgb == cut(whole, box).rgb) << width << 'x' << height << ' ' << box.left;
      }
    }
  }
}

TEST(Resize, CropOfAPictureTooLargeToHold) {
  const Image line{2, 1, {0, 0, 0, 255, 255, 255}};
  // Halfway between the two pixels' centres the blend of black and white is even.
  const int64_t width = int64_t{1} << 40;
  const Image part = resize(line, {all_of(line), width, 7, {width / 2, 3, 2, 1}});
  EXPECT_EQ(part.rgb, std::vector<uint8_t>(6, 128));
}

}  // namespace
}  // namespace tailor::io
