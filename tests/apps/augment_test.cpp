// tailor augment: a sheet of what a network sees.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "io/photo.h"
#include "io/transform.h"
#include "tests/support/photos.h"
#include "tests/support/program.h"

namespace tailor {
namespace {

namespace fs = std::filesystem;
using test::run_program;

constexpr int kSize = 40, kGap = 4;

class AugmentCommand : public ::testing::Test {
 protected:
  AugmentCommand() { test::write_png(photo_, test::shape_photo(1, 7)); }

  /// Largest difference between a tile of the sheet and a picture; JPEG changes a little.
  static int difference(const io::Image& sheet, int row, int column, const io::Image& picture) {
    int largest = 0;
    const int top = kGap + row * (kSize + kGap), left = kGap + column * (kSize + kGap);
    for (ptrdiff_t y = 0; y < kSize; ++y) {
      const auto* found = sheet.rgb.data() + ((top + y) * sheet.width + left) * 3;
      const auto* expected = picture.rgb.data() + y * kSize * 3;
      for (int x = 0; x < 3 * kSize; ++x) {
        largest = std::max(largest, std::abs(found[x] - expected[x]));
      }
    }
    return largest;
  }

  test::TempDir folder_;
  const fs::path photo_ = folder_ / "disc 7.png";
};

TEST_F(AugmentCommand, ShowsThePhotoAsJudgedAndItsViews) {
  const fs::path out = folder_ / "new/sheets";
  const auto outcome =
      run_program({"augment", photo_.string(), "--out", out.string(), "--augment", "standard",
                   "--image-size", std::to_string(kSize), "--views", "4", "--seed", "3"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const fs::path file = out / "disc 7.jpg";
  EXPECT_EQ(outcome.out, file.string() +
                             ": the photo as it is judged, then 4 views of it with --augment "
                             "standard\n");

  const io::Image sheet = io::read_image(file);
  ASSERT_EQ(sheet.width, 3 * kSize + 4 * kGap);
  ASSERT_EQ(sheet.height, 2 * kSize + 3 * kGap);
  const io::Photo photo = io::read_photo({.path = photo_.string()});
  const auto seen = [&](const io::Transform& transform, uint32_t view) {
    return transform(photo.image, photo.content_hash, view);
  };
  // As the default weights, Keras's, have it.
  const auto training = io::Transform::training("standard", Preprocessing::caffe, kSize, 3);
  const auto judged = io::Transform::evaluation(Preprocessing::caffe, kSize);
  constexpr int kJpeg = 60;
  EXPECT_LE(difference(sheet, 0, 0, seen(judged, 0)), kJpeg);
  EXPECT_LE(difference(sheet, 0, 1, seen(training, 0)), kJpeg);
  EXPECT_LE(difference(sheet, 0, 2, seen(training, 1)), kJpeg);
  EXPECT_LE(difference(sheet, 1, 0, seen(training, 2)), kJpeg);
  EXPECT_LE(difference(sheet, 1, 1, seen(training, 3)), kJpeg);
  EXPECT_GT(difference(sheet, 1, 1, seen(training, 2)), kJpeg) << "views differ by more";
}

TEST_F(AugmentCommand, HasTheNetworksSizeAndTwelveViews) {
  const auto outcome = run_program({"augment", photo_.string(), "--out", folder_.path().string()});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const io::Image sheet = io::read_image(folder_ / "disc 7.jpg");
  EXPECT_EQ(sheet.width, 4 * 224 + 5 * kGap);
  EXPECT_EQ(sheet.height, 4 * 224 + 5 * kGap);
}

TEST_F(AugmentCommand, CountsInTens) {
  const auto outcome = run_program({"augment", photo_.string(), "--out", folder_.path().string(),
                                    "--image-size", "032", "--views", "010", "--seed", "09"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("then 10 views of it"), std::string::npos) << outcome.out;
  EXPECT_EQ(io::read_image(folder_ / "disc 7.jpg").width, 4 * 32 + 5 * kGap);
}

TEST_F(AugmentCommand, TakesAPhotoWithTheLongestName) {
  const std::string name(255, 'n');
  fs::copy(photo_, folder_ / name);
  const auto outcome =
      run_program({"augment", (folder_ / name).string(), "--out", folder_.path().string()});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(folder_ / (name.substr(0, 251) + ".jpg")));
}

TEST_F(AugmentCommand, LosesNoPhoto) {
  const fs::path jpeg = folder_ / "a.jpg";
  fs::copy(fs::path(TAILOR_TEST_DATA) / "images/jpeg/photo5.jpg", jpeg);
  const std::string before = test::read_text(jpeg);
  test::write_png(folder_ / "a.png", test::shape_photo(0, 1));
  for (const char* photo : {"a.jpg", "a.png"}) {  // two photos of one stem, beside a sheet's name
    const auto outcome =
        run_program({"augment", (folder_ / photo).string(), "--out", folder_.path().string()});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  EXPECT_EQ(test::read_text(jpeg), before);
  EXPECT_TRUE(fs::exists(folder_ / "a-2.jpg"));
  EXPECT_TRUE(fs::exists(folder_ / "a-3.jpg"));
}

TEST_F(AugmentCommand, LeavesNothingBehindWhenThePhotoCannotBeRead) {
  const fs::path out = folder_ / "sheets";
  const auto outcome =
      run_program({"augment", (folder_ / "gone.png").string(), "--out", out.string()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("gone.png"), std::string::npos) << outcome.err;
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(AugmentCommand, SaysWhatIsInTheWay) {
  const auto outcome = run_program({"augment", photo_.string(), "--out", (photo_ / "x").string()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "error: " + (photo_ / "x").string() +
                             ": expected to make this folder, got 'Not a directory'\n");
}

}  // namespace
}  // namespace tailor
