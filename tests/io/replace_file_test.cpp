// Files are replaced whole, and nothing else is: links, pipes and other people's files stay.
#include "io/replace_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <fstream>

#include "io/file_descriptor.h"
#include "tests/support/errors.h"
#include "tests/support/program.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;

class ReplaceFile : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  std::string text(const std::string& name) const { return test::read_text(folder_ / name); }
  size_t count() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_.path()), {}));
  }

  test::TempDir folder_;
};

TEST_F(ReplaceFile, LeavesNothingElseBehind) {
  put("a.csv.part", "somebody's");
  write_file(folder_ / "a.csv", "old");
  write_file(folder_ / "a.csv", "new");
  EXPECT_EQ(text("a.csv"), "new");
  EXPECT_EQ(text("a.csv.part"), "somebody's");
  EXPECT_EQ(count(), 2U);
}

TEST_F(ReplaceFile, WhatAKilledProcessLeftIsNotInTheWay) {
  put(".a.csv.part", "much of what was to be written");
  write_file(folder_ / "a.csv", "all");
  EXPECT_EQ(text("a.csv"), "all");
  EXPECT_EQ(count(), 1U);
}

TEST_F(ReplaceFile, AnErrorLeavesTheOldFile) {
  put("a", "old");
  EXPECT_EQ(test::error_of([&] {
              replace_file(folder_ / "a", [](const fs::path& part) {
                std::ofstream(part) << "half";
                throw Error("no more");
              });
            }),
            "no more");
  EXPECT_EQ(text("a"), "old");
  EXPECT_EQ(count(), 1U);
}

TEST_F(ReplaceFile, LinksStayAndWhatTheyLeadToIsReplaced) {
  fs::create_directory(folder_ / "far");
  put("far/a", "old");
  fs::create_symlink("far/a", folder_ / "link");
  fs::create_symlink("link", folder_ / "second");
  fs::create_symlink("far/none", folder_ / "dangling");
  write_file(folder_ / "second", "new");
  write_file(folder_ / "dangling", "first");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link") && fs::is_symlink(folder_ / "second") &&
              fs::is_symlink(folder_ / "dangling"));
  EXPECT_EQ(text("far/a"), "new");
  EXPECT_EQ(text("far/none"), "first");
}

TEST_F(ReplaceFile, APipeIsWrittenTo) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const FileDescriptor reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK));
  write_file(pipe, "text");
  EXPECT_TRUE(fs::is_fifo(pipe));
  std::array<char, 8> got{};
  EXPECT_EQ(::read(reader.get(), got.data(), got.size()), 4);
  EXPECT_STREQ(got.data(), "text");
}

TEST_F(ReplaceFile, PermissionsStay) {
  for (const mode_t mode : {0600U, 0400U, 0777U}) {
    put("a", "old");
    ASSERT_EQ(chmod((folder_ / "a").c_str(), mode), 0);
    write_file(folder_ / "a", "new");
    EXPECT_EQ(text("a"), "new");
    EXPECT_EQ(static_cast<mode_t>(fs::status(folder_ / "a").permissions()), mode);
    fs::remove(folder_ / "a");
  }
}

TEST_F(ReplaceFile, OneProcessAtATime) {
  replace_file(folder_ / "a", [&](const fs::path& part) {
    std::ofstream(part) << "mine";
    EXPECT_EQ(test::error_of([&] { write_file(folder_ / "a", "another's"); }),
              (folder_ / "a").string() +
                  ": expected a file that nobody else writes, got one that another process does");
  });
  EXPECT_EQ(text("a"), "mine");
}

TEST_F(ReplaceFile, NamesMayBeAsLongAsTheSystemAllows) {
  const std::string name(255, 'n');
  write_file(folder_ / name, "text");
  EXPECT_EQ(text(name), "text");
}

TEST_F(ReplaceFile, SaysWhatIsInTheWay) {
  const std::string expected = ": expected to write it, got ";
  const fs::path loop = folder_ / "loop", nowhere = folder_ / "none/a";
  fs::create_symlink("loop", loop);
  const auto error = [](const fs::path& path) {
    return test::error_of([&] { write_file(path, "text"); });
  };
  EXPECT_EQ(error(folder_.path()), folder_.path().string() + expected + "'Is a directory'");
  EXPECT_EQ(error(nowhere), nowhere.string() + expected + "'No such file or directory'");
  EXPECT_EQ(error(loop), loop.string() + expected + "'Too many levels of symbolic links'");
  EXPECT_TRUE(fs::is_symlink(loop));
}

}  // namespace
}  // namespace tailor::io
