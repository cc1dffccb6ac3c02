// What tailor-import says, and what is not believed to come from it.
#include "io/message.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "io/file_descriptor.h"

namespace tailor::io {
namespace {

using nlohmann::json;

class Message : public testing::Test {
 protected:
  Message() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    here_ = FileDescriptor(ends[0]);
    there_ = FileDescriptor(ends[1]);
  }
  std::optional<json> received(const json& message) {
    EXPECT_TRUE(send_message(there_.get(), message));
    return receive_message(here_.get());
  }
  static json nested(int levels) {
    json value = 1;
    for (int i = 0; i < levels; ++i)
      value = i % 2 == 0 ? json::array({value}) : json{{"in", value}};
    return value;
  }

  FileDescriptor here_, there_;
};

TEST_F(Message, ArrivesAsItWasSent) {
  const json message = {{"name", "\xE9t\xE9 in Latin-1"},
                        {"shape", {3, -1, int64_t{1} << 40}},
                        {"none", nullptr},
                        {"epsilon", 1.001e-5}};
  EXPECT_EQ(received(message), message);
}

TEST_F(Message, HasFewLevels) {
  EXPECT_EQ(received(nested(8)), nested(8));
  EXPECT_FALSE(received(nested(9)).has_value());
  EXPECT_EQ(received(json::array({nested(7), nested(7)})), json::array({nested(7), nested(7)}));
}

TEST_F(Message, IsNoneWhenTheOtherEndIsGone) {
  there_ = {};
  EXPECT_FALSE(receive_message(here_.get()).has_value());
  EXPECT_FALSE(send_message(here_.get(), "text"));
}

}  // namespace
}  // namespace tailor::io
