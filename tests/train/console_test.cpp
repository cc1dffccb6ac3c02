// What a person is told while a command works.
#include "train/console.h"

#include <gtest/gtest.h>

namespace tailor::train {
namespace {

template <class Action>
std::string stderr_of(Action action) {
  ::testing::internal::CaptureStderr();
  action();
  std::fflush(stderr);
  return ::testing::internal::GetCapturedStderr();
}

void work(const Console& console) {
  console.note("a note");
  Progress progress = console.progress("Features", 2000);
  progress.add(1500);
  progress.finish();
}

TEST(Console, Numbers) {
  EXPECT_EQ(format_duration(0.04), "0.0 s");
  EXPECT_EQ(format_duration(9.96), "10 s");
  EXPECT_EQ(format_duration(59.6), "1 min 0 s");
  EXPECT_EQ(format_duration(3725), "1 h 2 min");
  EXPECT_EQ(format_count(7), "7");
  EXPECT_EQ(format_count(3068), "3,068");
  EXPECT_EQ(format_count(1000000), "1,000,000");
  EXPECT_EQ(format_percent(0.8739), "87.4%");
}

TEST(Console, PlainLinesWhereThereIsNoTerminal) {
  const std::string text = stderr_of([] { work(Console(false, false)); });
  EXPECT_TRUE(text.starts_with("a note\nFeatures: 1,500 of 2,000 in ")) << text;
  EXPECT_TRUE(text.ends_with(" images/s)\n")) << text;
  EXPECT_EQ(text.find('\033'), std::string::npos);
  EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST(Console, TheBarLeavesTheTerminalAsItWas) {
  const std::string text = stderr_of([] {
    const Console console(false, true);
    Progress progress = console.progress("Features", int64_t{1} << 40);
    while (progress.seconds() < 0.25) progress.add(1);
  });
  EXPECT_NE(text.find("Features ["), std::string::npos) << text;
  EXPECT_NE(text.find(" left)"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("\r\033[K")) << text;
}

TEST(Console, BytesAreToldInMegabytes) {
  const std::string text = stderr_of([] {
    const Console console(false, false);
    Progress progress(console, "Weights", 94765736, Unit::bytes, 40000000);
    progress.add(4765736);
    progress.finish();
    progress.add(50000000);
    progress.finish();
  });
  EXPECT_TRUE(text.starts_with("Weights: 44.8 of 94.8 MB in ")) << text;
  EXPECT_NE(text.find("\nWeights: 94.8 MB in "), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with(" MB/s)\n")) << text;
}

TEST(Console, WhatWasThereBeforeIsNoSpeed) {
  const std::string text = stderr_of([] {
    const Console console(false, true);
    Progress progress(console, "Weights", int64_t{1} << 50, Unit::bytes, int64_t{1} << 49);
    while (progress.seconds() < 0.25) progress.add(1);
  });
  const size_t speed = text.find('(');
  ASSERT_NE(speed, std::string::npos) << text;
  EXPECT_LT(std::stod(text.substr(speed + 1)), 1e6) << text;  // 2^49 bytes would be 2e9 MB/s
}

TEST(Console, QuietOnlyWarns) {
  EXPECT_EQ(stderr_of([] {
              const Console console(true, true);
              work(console);
              console.warn("{} photos", 2);
            }),
            "warning: 2 photos\n");
}

TEST(Console, NamesCannotCommandTheTerminal) {
  EXPECT_EQ(stderr_of([] {
              const Console console(false, true);
              console.note("classes: {}", "a\nb");
              console.warn("left out: {}", "nl/a\nb\x1B[31m\x7F.png");
            }),
            "classes: a?b\nwarning: left out: nl/a?b?[31m?.png\n");
}

}  // namespace
}  // namespace tailor::train
