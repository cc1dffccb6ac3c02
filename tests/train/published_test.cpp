// How published weights get here.
#include "train/published.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "io/download.h"
#include "tests/support/errors.h"
#include "tests/support/web_server.h"

namespace tailor::train {
namespace {

namespace fs = std::filesystem;

class PublishedTest : public ::testing::Test {
 protected:
  PublishedTest() {
    setenv("XDG_CACHE_HOME", scratch_.path().c_str(), 1);
    use_address("http://127.0.0.1:0/");  // where nobody listens
  }
  ~PublishedTest() override {
    unsetenv("XDG_CACHE_HOME");
    unsetenv("TAILOR_WEIGHTS_URL");
  }
  static void use_address(const std::string& address) {
    setenv("TAILOR_WEIGHTS_URL", address.c_str(), 1);
  }
  static PublishedFile file(const test::WebServer& server) {
    const io::RemoteFile remote = server.file("good");
    return {"weights.h5", remote.md5, remote.size};
  }
  std::string error_of(const std::string& model, bool with_head) {
    return test::error_of([&] { imagenet_weights(model, with_head, quiet_, never_); });
  }

  test::TempDir scratch_;
  fs::path cache_ = scratch_ / "tailor";
  Console quiet_{true};
  Stop never_ = [] { return false; };
};

TEST_F(PublishedTest, CacheIsWhereTheSystemSays) {
  EXPECT_EQ(cache_folder(), cache_);
  const std::string home = std::getenv("HOME");
  for (const char* relative : {"", "cache"}) {
    setenv("XDG_CACHE_HOME", relative, 1);
    EXPECT_EQ(cache_folder(), fs::path(home) / ".cache" / "tailor");
  }
  unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(cache_folder(), fs::path(home) / ".cache" / "tailor");
  unsetenv("HOME");
  EXPECT_EQ(test::error_of(cache_folder),
            "HOME: expected a folder in which weights can be kept, got none (try to set it, or "
            "--weights FILE)");
  setenv("HOME", home.c_str(), 1);
}

TEST_F(PublishedTest, FileIsFetchedOnce) {
  const test::WebServer server;
  use_address(server.url("/good"));
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(fetch_published(file(server), Console(false, false), never_), cache_ / "weights.h5");
  }
  const std::string told = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(server.requests(), std::vector<std::string>{"/good/weights.h5"});
  EXPECT_TRUE(told.starts_with("Fetching " + server.url("/good/weights.h5") + " into " +
                               cache_.string() + "\nWeights: 0.3 MB in "))
      << told;
}

TEST_F(PublishedTest, WhatIsInTheCacheNeedsNoNetwork) {
  fs::create_directories(cache_);
  const std::string stem = "resnet101_weights_tf_dim_ordering_tf_kernels";
  std::ofstream(cache_ / (stem + ".h5")) << "x";
  EXPECT_EQ(imagenet_weights("resnet101", true, quiet_, never_), cache_ / (stem + ".h5"));
  EXPECT_EQ(imagenet_weights("resnet101", false, quiet_, never_), cache_ / (stem + ".h5"));
  std::ofstream(cache_ / (stem + "_notop.h5")) << "x";
  EXPECT_EQ(imagenet_weights("resnet101", false, quiet_, never_), cache_ / (stem + "_notop.h5"));
}

TEST_F(PublishedTest, WithoutANetworkOneIsToldWhatToDo) {
  const std::string name = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5";
  const std::string error = error_of("resnet50", false);
  EXPECT_TRUE(error.starts_with("--weights imagenet: http://127.0.0.1:0/" + name +
                                ": expected the file, got '"))
      << error;
  EXPECT_TRUE(error.ends_with("' (try to put it at " + (cache_ / name).string() +
                              " by hand, or --weights FILE or --weights none)"))
      << error;
}

TEST_F(PublishedTest, KerasPublishes) {
  unsetenv("TAILOR_WEIGHTS_URL");
  setenv("https_proxy", "http://127.0.0.1:0", 1);  // nobody there who could reach Keras
  for (const char* model : {"resnet50", "resnet101", "resnet152"}) {
    const std::string url = "https://storage.googleapis.com/tensorflow/keras-applications/resnet/" +
                            std::string(model) + "_weights_tf_dim_ordering_tf_kernels";
    EXPECT_TRUE(error_of(model, true).starts_with("--weights imagenet: " + url + ".h5: expected"));
    EXPECT_TRUE(
        error_of(model, false).starts_with("--weights imagenet: " + url + "_notop.h5: expected"));
  }
  unsetenv("https_proxy");
  EXPECT_EQ(error_of("resnet18", false),
            "--weights imagenet: expected resnet50, resnet101 or resnet152, for which Keras "
            "publishes files, got resnet18 (try --weights FILE or --weights none)");
}

}  // namespace
}  // namespace tailor::train
