// Photos in both parts are found by what their files hold, and few files are read for that.
#include "io/duplicates.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/idx_files.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;
using test::Bytes;

class DuplicatesTest : public testing::Test {
 protected:
  Sample file(const std::string& name, const Bytes& bytes) {
    test::write_file(folder_ / name, bytes);
    return {.path = (folder_ / name).string()};
  }
  test::TempDir folder_;
};

TEST_F(DuplicatesTest, EqualBytesAreFoundUnderAnyName) {
  Bytes long_one(10'000, 7);
  Bytes other_start = long_one;
  other_start[0] = 8;  // the same size and end
  const std::vector<Sample> train = {file("t0", {1, 2, 3}), file("t1", long_one),
                                     file("t2", {4, 5, 6}), file("t3", {4, 5, 6})};
  const std::vector<Sample> validation = {file("v0", {1, 2, 4}), file("v1", other_start),
                                          file("v2", {4, 5, 6}), file("v3", long_one),
                                          file("v4", {1, 2})};
  const Duplicates found = find_duplicates(train, validation);
  EXPECT_EQ(found.count, 2U);
  EXPECT_EQ(found.validation, 2U);
  EXPECT_EQ(found.train, 2U);
  EXPECT_EQ(find_duplicates(train, {validation[0], validation[1]}).count, 0U);
  EXPECT_EQ(find_duplicates({}, validation).count, 0U);
}

TEST_F(DuplicatesTest, LinksToOneFileAreEqual) {
  const Sample photo = file("photo", {1, 2, 3});
  fs::create_symlink("photo", folder_ / "link");
  EXPECT_EQ(find_duplicates({photo}, {{.path = (folder_ / "link").string()}}).count, 1U);
}

/// Bytes that this process has read from files until now.
size_t bytes_read() {
  std::ifstream file("/proc/self/io");
  std::string word;
  size_t bytes = 0;
  file >> word >> bytes;
  EXPECT_EQ(word, "rchar:");
  return bytes;
}

TEST_F(DuplicatesTest, FewBytesAreRead) {
  constexpr size_t kSize = 1'000'000;
  std::vector<Sample> train;
  std::vector<Sample> validation;
  for (uint8_t i = 0; i < 5; ++i) {  // the first two pairs are of equal size, their ends differ
    train.push_back(file(fmt::format("t{}", i), Bytes(kSize + i, i)));
    validation.push_back(file(fmt::format("v{}", i), Bytes(kSize + (i < 2 ? i : 100 + i), 50)));
  }
  const size_t before = bytes_read();
  EXPECT_EQ(find_duplicates(train, validation).count, 0U);
  EXPECT_LT(bytes_read() - before, 100'000U);
}

TEST_F(DuplicatesTest, MissingAndEmptyFilesEqualNone) {
  const Sample missing{.path = (folder_ / "gone").string()};
  EXPECT_EQ(find_duplicates({missing, file("e1", {})}, {missing, file("e2", {})}).count, 0U);
}

TEST_F(DuplicatesTest, PicturesOfIdxFilesAreComparedByPixels) {
  const auto pictures = [](const Bytes& grey) {
    auto images = std::make_shared<IdxImages>();
    images->count = grey.size() / 2;
    images->width = 2;
    images->height = 1;
    images->grey = grey;
    std::vector<Sample> samples;
    for (size_t i = 0; i < images->count; ++i) samples.push_back({"idx", 0, images, i});
    return samples;
  };
  const Duplicates found =
      find_duplicates(pictures({1, 2, 3, 4, 5, 6}), pictures({2, 1, 5, 6, 3, 4, 7, 8}));
  EXPECT_EQ(found.count, 2U);
  EXPECT_EQ(found.validation, 1U);
  EXPECT_EQ(found.train, 2U);
}

}  // namespace
}  // namespace tailor::io
