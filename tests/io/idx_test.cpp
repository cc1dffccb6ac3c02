// MNIST's files: plain, gzipped and broken.
#include "io/idx.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/support/errors.h"
#include "tests/support/idx_files.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

using test::Bytes;

TEST(Idx, PlainAndGzippedReadAlike) {
  const test::TempDir folder;
  const Bytes file = test::idx_images(2, 2, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  test::write_file(folder / "plain", file);
  test::write_gzip(folder / "packed.gz", file);
  for (const char* name : {"plain", "packed.gz"}) {
    const IdxImages images = read_idx_images(folder / name);
    EXPECT_EQ(images.count, 2U);
    EXPECT_EQ(images.width, 3);
    EXPECT_EQ(images.height, 2);
    EXPECT_EQ(images.pixels(1)[0], 7);
    const Image image = images.image(1);
    EXPECT_EQ(image.width, 3);
    EXPECT_EQ(image.height, 2);
    EXPECT_EQ(image.rgb, (Bytes{7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10, 10, 11, 11, 11, 12, 12, 12}));
  }
  test::write_file(folder / "labels", test::idx_labels({3, 1, 2}));
  EXPECT_EQ(read_idx_labels(folder / "labels"), (Bytes{3, 1, 2}));
}

TEST(Idx, PlainIsFoundBeforeGzipped) {
  const test::TempDir folder;
  EXPECT_FALSE(find_idx(folder.path(), "x"));
  test::write_file(folder / "x.gz", {});
  EXPECT_EQ(find_idx(folder.path(), "x"), folder / "x.gz");
  test::write_file(folder / "x", {});
  EXPECT_EQ(find_idx(folder.path(), "x"), folder / "x");
}

TEST(Idx, BrokenFilesAreNamedWithTheReason) {
  const test::TempDir folder;
  const Bytes good = test::idx_images(2, 2, 2, Bytes(8));
  const Bytes labels = test::idx_labels({1});
  const Bytes cut_body(good.begin(), good.begin() + 23);
  Bytes too_long = good;
  too_long.push_back(0);
  const std::pair<Bytes, const char*> cases[] = {
      {{}, "expected an IDX file, got one that ends in its header"},
      {Bytes(good.begin(), good.begin() + 15),
       "expected an IDX file, got one that ends in its header"},
      {labels, "expected the magic number 0x00000803 of IDX images, got 0x00000801"},
      {cut_body, "expected 8 bytes after the header, got 7"},
      {too_long, "expected 8 bytes after the header, got more"},
      {test::idx_images(0, 2, 2, {}), "expected pictures of up to 4096 MiB in all, got 0 of 2x2"},
      {test::idx_images(2, 0, 2, {}), "expected pictures of up to 4096 MiB in all, got 2 of 2x0"},
      {test::idx_images(0xFFFFFFFF, 100, 100, {}),
       "expected pictures of up to 4096 MiB in all, got 4294967295 of 100x100"},
      {test::idx_images(1'000'000, 64, 64, Bytes(5)),
       "expected 4096000000 bytes after the header, got 5"},
  };
  for (const auto& [bytes, reason] : cases) {
    test::write_file(folder / "file", bytes);
    EXPECT_EQ(test::error_of([&] { read_idx_images(folder / "file"); }),
              (folder / "file").string() + ": " + reason);
  }
  test::write_file(folder / "file", good);
  EXPECT_EQ(test::error_of([&] { read_idx_labels(folder / "file"); }),
            (folder / "file").string() +
                ": expected the magic number 0x00000801 of IDX labels, got 0x00000803");
  EXPECT_EQ(test::error_of([&] { read_idx_labels(folder / "none"); }),
            (folder / "none").string() + ": cannot be read: No such file or directory");
}

TEST(Idx, BrokenGzipIsNamed) {
  const test::TempDir folder;
  Bytes noise(5000);
  uint32_t state = 1;
  for (uint8_t& byte : noise)
    byte = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  test::write_gzip(folder / "whole.gz", test::idx_images(5, 100, 10, noise));
  const auto size = std::filesystem::file_size(folder / "whole.gz");

  std::filesystem::copy_file(folder / "whole.gz", folder / "cut.gz");
  std::filesystem::resize_file(folder / "cut.gz", size - 1000);
  EXPECT_EQ(test::error_of([&] { read_idx_images(folder / "cut.gz"); }),
            (folder / "cut.gz").string() + ": expected a whole gzip file, got a truncated one");

  std::filesystem::copy_file(folder / "whole.gz", folder / "no_crc.gz");
  std::filesystem::resize_file(folder / "no_crc.gz", size - 4);
  EXPECT_EQ(test::error_of([&] { read_idx_images(folder / "no_crc.gz"); }),
            (folder / "no_crc.gz").string() + ": expected a whole gzip file, got a truncated one");

  std::fstream file(folder / "whole.gz", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size) - 6);  // within the CRC
  file.put('\x55');
  file.close();
  const std::string message = test::error_of([&] { read_idx_images(folder / "whole.gz"); });
  EXPECT_TRUE(message.starts_with((folder / "whole.gz").string() + ": damaged gzip file: "))
      << message;
}

}  // namespace
}  // namespace tailor::io
