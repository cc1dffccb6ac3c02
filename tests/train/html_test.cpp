// Text and pictures as parts of a web page.
#include "train/html.h"

#include <gtest/gtest.h>

namespace tailor::train {
namespace {

TEST(Html, EscapesWhatHasAMeaning) {
  EXPECT_EQ(escaped("<b title=\"x\" lang='y'>R&D</b>"),
            "&lt;b title=&quot;x&quot; lang=&#39;y&#39;&gt;R&amp;D&lt;/b&gt;");
  EXPECT_EQ(escaped("Größe\n\t&amp;"), "Größe\n\t&amp;amp;");
  EXPECT_EQ(escaped(std::string_view("a\0b\x1B\x7F", 5)), "a\uFFFDb\uFFFD\uFFFD");
}

/// The examples of RFC 4648, section 10.
TEST(Html, PicturesAreBase64) {
  const std::pair<std::string, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, code] : examples) {
    EXPECT_EQ(data_uri({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}),
              std::string("data:image/jpeg;base64,") + code);
  }
  const std::vector<uint8_t> high = {0xFF, 0xFB, 0xFF};
  EXPECT_EQ(data_uri(high), "data:image/jpeg;base64,//v/");
}

}  // namespace
}  // namespace tailor::train
