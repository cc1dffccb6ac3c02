// Weights that the program fetches: stopped, killed, continued, and wrong in the end.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/support/photos.h"
#include "tests/support/program.h"
#include "tests/support/web_server.h"

namespace tailor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5";
constexpr const char* kSize = "94765736";  // docs/weights.md

class FetchTest : public ::testing::Test {
 protected:
  FetchTest() { test::write_shapes(scratch_ / "photos", 0, 2); }

  test::Program::Surroundings surroundings(const std::string& manner) const {
    return {.folder = scratch_.path(),
            .variables = {{"XDG_CACHE_HOME", scratch_.path().string()},
                          {"TAILOR_WEIGHTS_URL", server_.url("/" + manner)}}};
  }
  std::string request(const std::string& manner) const { return "/" + manner + "/" + kName; }

  /// Waits until the part has so many bytes; false after a minute.
  bool part_grows_to(uintmax_t size) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    std::error_code none_yet;
    while (fs::file_size(part_, none_yet) != size) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  test::TempDir scratch_;
  test::WebServer server_{{kSize}};
  fs::path part_ = scratch_ / "tailor" / (std::string(kName) + ".part");
  std::vector<std::string> finetune_ = {"finetune", "photos", "--weights", "imagenet"};
};

TEST_F(FetchTest, WhatAStoppedAndAKilledRunFetchedIsNotFetchedAgain) {
  test::Program stopped(finetune_, surroundings("gate"));
  ASSERT_TRUE(part_grows_to(100000));
  stopped.send(SIGINT);
  const test::Outcome first = stopped.wait();
  EXPECT_EQ(first.status, 130) << first.err;
  EXPECT_NE(first.err.find("Stopped: " + server_.url(request("gate")) +
                           ": 100000 bytes are kept for the next time"),
            std::string::npos)
      << first.err;

  test::Program killed(finetune_, surroundings("gate"));
  ASSERT_TRUE(part_grows_to(200000));
  killed.send(SIGKILL);
  EXPECT_EQ(killed.wait().status, 128 + SIGKILL);

  // The server's file is not Keras's, which shows when all of it is here.
  const test::Outcome last = test::run_program(finetune_, surroundings("good"));
  EXPECT_EQ(last.status, 1);
  EXPECT_NE(last.err.find("error: --weights imagenet: " + server_.url(request("good")) +
                          ": expected MD5 4d473c1dd8becc155b73f8504c6f6626, got "),
            std::string::npos)
      << last.err;
  EXPECT_TRUE(fs::is_empty(scratch_ / "tailor"));
  EXPECT_FALSE(fs::exists(scratch_ / "runs"));
  EXPECT_EQ(server_.requests(),
            (std::vector<std::string>{request("gate"), request("gate") + " bytes=100000-",
                                      request("good") + " bytes=200000-", request("good")}));
}

}  // namespace
}  // namespace tailor
