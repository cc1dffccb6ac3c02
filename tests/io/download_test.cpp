// Files from the net: whole and checked, or not at all.
#include "io/download.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>

#include "io/md5.h"
#include "tests/support/errors.h"
#include "tests/support/temp_dir.h"
#include "tests/support/web_server.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Requests = std::vector<std::string>;

class DownloadTest : public ::testing::Test {
 protected:
  DownloadTest() {
    options_.pause = milliseconds(1);
    options_.note = [this](const std::string& note) { notes_.push_back(note); };
  }

  std::string error_of(const RemoteFile& remote) {
    return test::error_of([&] { download(remote, file_, options_); });
  }
  /// Fetches in this manner, which should work.
  void expect_file(const std::string& manner) {
    EXPECT_EQ(error_of(server_.file(manner)), "no error");
    expect_right_bytes();
  }
  void expect_right_bytes() {
    EXPECT_EQ(md5_of(file_), server_.file("good").md5);
    EXPECT_FALSE(fs::exists(part_));
  }
  /// The first `size` bytes of the server's file, as a run that was killed leaves them.
  void leave_part(size_t size) {
    fs::remove(file_);
    download(server_.file("good"), scratch_ / "whole", options_);
    std::ofstream(part_, std::ios::binary) << test::read_text(scratch_ / "whole").substr(0, size);
  }
  /// Without the one for the part that was left.
  Requests requests() const {
    Requests lines = server_.requests();
    if (fs::exists(scratch_ / "whole")) lines.erase(lines.begin());
    return lines;
  }

  test::WebServer server_;
  test::TempDir scratch_;
  fs::path file_ = scratch_ / "new" / "weights.h5";
  fs::path part_ = scratch_ / "new" / "weights.h5.part";
  DownloadOptions options_;
  std::vector<std::string> notes_;
};

class DownloadPartTest : public DownloadTest {
 protected:
  DownloadPartTest() { fs::create_directories(file_.parent_path()); }
};

TEST(Md5, IsTheOneOfTheStandard) {  // RFC 1321, A.5
  const test::TempDir scratch;
  std::ofstream(scratch / "abc") << "abc";
  std::ofstream(scratch / "empty") << "";
  EXPECT_EQ(md5_of(scratch / "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(md5_of(scratch / "empty"), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_THROW(md5_of(scratch / "nothing"), Error);
}

TEST_F(DownloadTest, FetchesTheFile) {
  std::vector<int64_t> steps;
  options_.progress = [&](int64_t done, int64_t total) {
    steps.push_back(done);
    EXPECT_EQ(total, 300000);
  };
  expect_file("good");
  EXPECT_EQ(requests(), Requests{"/good"});
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end()));
  EXPECT_EQ(steps.back(), 300000);
  EXPECT_EQ(notes_, Requests{});
}

TEST_F(DownloadTest, SizeNeedNotBeKnown) {
  RemoteFile remote = server_.file("good");
  remote.size.reset();
  EXPECT_EQ(error_of(remote), "no error");
  expect_right_bytes();
}

TEST_F(DownloadTest, GoesOnWhereTheConnectionWasCut) {
  options_.pause = milliseconds(10);
  expect_file("cut");
  EXPECT_EQ(requests(), (Requests{"/cut", "/cut bytes=100000-", "/cut bytes=200000-"}));
  ASSERT_EQ(notes_.size(), 2U);
  EXPECT_TRUE(notes_[0].starts_with("the connection was cut ('")) << notes_[0];
  EXPECT_TRUE(notes_[0].ends_with("): again in 0.01 s")) << notes_[0];
  EXPECT_TRUE(notes_[1].ends_with("): again in 0.02 s")) << notes_[1];
}

TEST_F(DownloadTest, GivesUpAfterSomeCutsAndKeepsWhatItHas) {
  options_.retries = 2;
  const std::string error = error_of(server_.file("always-cut"));
  EXPECT_TRUE(error.starts_with(server_.url("/always-cut: expected the file, got '"))) << error;
  EXPECT_TRUE(error.ends_with("' 3 times; 3000 bytes are kept for the next time")) << error;
  EXPECT_EQ(requests().size(), 3U);
  EXPECT_EQ(fs::file_size(part_), 3000U);
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(DownloadTest, SilenceIsACutConnection) {
  options_.progress = [&](int64_t done, int64_t) {
    if (done == 100000) options_.stall = milliseconds(100);
  };
  options_.note = [&](const std::string& note) {
    notes_.push_back(note);
    options_.stall = std::chrono::minutes(1);
  };
  expect_file("silent");
  EXPECT_EQ(requests(), (Requests{"/silent", "/silent bytes=100000-"}));
  EXPECT_EQ(notes_, Requests{"the connection was cut (silence for 0.1 s): again in 0.001 s"});
}

TEST_F(DownloadTest, ErrorsOfTheServerPass) {
  expect_file("busy");
  EXPECT_EQ(requests(), (Requests{"/busy", "/busy", "/busy"}));
  ASSERT_EQ(notes_.size(), 2U);
  EXPECT_EQ(notes_[0], "the connection was cut (HTTP status 500): again in 0.001 s");
  EXPECT_EQ(notes_[1], "the connection was cut (HTTP status 503): again in 0.002 s");
}

TEST_F(DownloadTest, WhatIsNotThereIsNotAskedForAgain) {
  EXPECT_EQ(error_of(server_.file("nowhere")),
            server_.url("/nowhere: expected the file, got HTTP status 404"));
  EXPECT_EQ(requests(), Requests{"/nowhere"});
  EXPECT_FALSE(fs::exists(part_));
}

TEST_F(DownloadTest, NoNetworkIsToldAtOnce) {
  const std::string error = error_of({"http://127.0.0.1:0/x.h5", "", 7});  // where nobody listens
  EXPECT_TRUE(error.starts_with("http://127.0.0.1:0/x.h5: expected the file, got '")) << error;
  EXPECT_EQ(notes_, Requests{});
  EXPECT_FALSE(fs::exists(part_));
}

TEST_F(DownloadTest, WrongBytesAreRemoved) {
  const std::string error = error_of(server_.file("wrong"));
  const std::string start =
      server_.url("/wrong: expected MD5 ") + server_.file("wrong").md5 + ", got ";
  EXPECT_TRUE(error.starts_with(start)) << error;
  EXPECT_EQ(error.size(), start.size() + 32);
  EXPECT_FALSE(fs::exists(part_));
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(DownloadTest, WrongLengthIsRefused) {
  EXPECT_EQ(error_of(server_.file("short")),
            server_.url("/short: expected the file, got one of 299999 bytes instead of 300000"));
  EXPECT_EQ(error_of(server_.file("short-unannounced")),
            server_.url("/short-unannounced: expected 300000 bytes, got 299999"));
  EXPECT_EQ(error_of(server_.file("long-unannounced")),
            server_.url("/long-unannounced: expected 300000 bytes, got more"));
  EXPECT_FALSE(fs::exists(part_));
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(DownloadTest, FollowsRedirections) {
  expect_file("moved");
  EXPECT_EQ(requests(), (Requests{"/moved", "/good"}));
}

TEST_F(DownloadTest, FollowsRedirectionsNotEverywhere) {
  const std::string error = error_of(server_.file("moved-to-file"));
  EXPECT_NE(error.find("Protocol \"file\" not supported"), std::string::npos) << error;
  EXPECT_NE(error_of(server_.file("endless")).find("Maximum (5) redirects"), std::string::npos);
  EXPECT_EQ(requests().size(), 1U + 6U);
  EXPECT_FALSE(fs::exists(part_));
}

TEST_F(DownloadTest, FilesOfThisMachineAreNotFetched) {
  std::ofstream(scratch_ / "secret") << "abc";
  const std::string error =
      error_of({"file://" + (scratch_ / "secret").string(), "900150983cd24fb0d6963f7d28e17f72", 3});
  EXPECT_NE(error.find("Protocol \"file\" not supported"), std::string::npos) << error;
}

TEST_F(DownloadTest, SpaceIsAskedForFirst) {
  RemoteFile remote = server_.file("vast");
  remote.size = int64_t{1} << 60;
  const std::string error = error_of(remote);
  const std::string start = file_.parent_path().string() +
                            ": expected 1152921504606846976 bytes of free space for weights.h5, "
                            "got ";
  EXPECT_TRUE(error.starts_with(start)) << error;
  EXPECT_EQ(requests(), Requests{}) << "not even asked for";
  remote.size.reset();
  EXPECT_TRUE(error_of(remote).starts_with(start)) << "nor fetched when only the server tells";
  EXPECT_FALSE(fs::exists(part_));
}

TEST_F(DownloadTest, FolderMustBeWritable) {
  std::ofstream(scratch_ / "new") << "a file";
  EXPECT_TRUE(error_of(server_.file("good"))
                  .starts_with(file_.parent_path().string() + ": expected to make this folder"));
}

TEST_F(DownloadTest, StoppedItKeepsThePart) {
  bool stop = false;
  options_.stop = [&] { return stop; };
  options_.progress = [&](int64_t done, int64_t) { stop = done == 100000; };
  EXPECT_THROW(download(server_.file("gate"), file_, options_), DownloadStopped);
  EXPECT_EQ(fs::file_size(part_), 100000U);
  stop = false;
  expect_file("good");
  EXPECT_EQ(requests(), (Requests{"/gate", "/good bytes=100000-"}));
}

TEST_F(DownloadTest, OfTwoOneFetches) {
  std::promise<void> is_half;
  DownloadOptions first = options_;
  first.progress = [&](int64_t done, int64_t) {
    if (done == 100000) is_half.set_value();
  };
  auto fetching =
      std::async(std::launch::async, [&] { download(server_.file("gate"), file_, first); });
  is_half.get_future().wait();
  options_.note = [&](const std::string& note) {  // the second one waits: let the first go on
    notes_.push_back(note);
    download(server_.file("open"), scratch_ / "other", {});
  };
  download(server_.file("gate"), file_, options_);
  fetching.get();
  expect_right_bytes();
  EXPECT_EQ(notes_, Requests{"another process is fetching the same file: waiting for it"});
  EXPECT_EQ(requests(), (Requests{"/gate", "/open"}));
}

TEST_F(DownloadPartTest, OnlyTheRestIsFetched) {
  leave_part(123456);
  expect_file("good");
  EXPECT_EQ(requests(), Requests{"/good bytes=123456-"});
}

TEST_F(DownloadPartTest, NothingIsFetchedWhenItWasAllThere) {
  leave_part(300000);
  expect_file("good");
  EXPECT_EQ(requests(), Requests{});
}

TEST_F(DownloadPartTest, ServersThatKnowNoRangesSendAll) {
  leave_part(123456);
  expect_file("no-ranges");
  leave_part(123456);
  expect_file("status-416");
  expect_file("cut-no-ranges");
}

TEST_F(DownloadPartTest, PageOfSomebodyElseDoesNotCostThePart) {
  leave_part(123456);
  EXPECT_EQ(
      error_of(server_.file("page-instead")),
      server_.url("/page-instead: expected the file, got one of 9 bytes instead of 300000; 123456 "
                  "bytes are kept for the next time"));
  EXPECT_EQ(fs::file_size(part_), 123456U);
}

TEST_F(DownloadPartTest, BytesOfAnotherFileAreFetchedAnew) {
  std::ofstream(part_) << "something else";
  expect_file("good");
  EXPECT_EQ(requests(), (Requests{"/good bytes=14-", "/good"}));
  EXPECT_EQ(notes_, Requests{"the part that was there did not fit: fetching all of it"});
}

TEST_F(DownloadPartTest, TooManyBytesAreFetchedAnew) {
  std::ofstream(part_) << std::string(300001, 'x');
  expect_file("good");
  EXPECT_EQ(requests(), Requests{"/good"});
}

}  // namespace
}  // namespace tailor::io
