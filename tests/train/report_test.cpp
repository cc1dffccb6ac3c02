// What a person reads of a model.
#include "train/report.h"

#include <gtest/gtest.h>

namespace tailor::train {
namespace {

Metrics example() {
  // Three classes; logits name 0, 1, 1, 1.
  const std::vector<float> logits = {5, 0, 0, 0, 5, 0, 0, 5, 0, 0, 5, 0};
  const std::vector<int64_t> labels = {0, 0, 0, 1};
  return measure(logits, labels, 3);
}

TEST(Report, IsATableThatCanBeRead) {
  EXPECT_EQ(describe(example(), {"dress", "t-shirt", "skirt"}),
            "2 of 4 photos named rightly: accuracy 50.0%\n"
            "\n"
            "class     photos   recall  precision      F1\n"
            "dress          3    33.3%     100.0%   50.0%\n"
            "t-shirt        1   100.0%      33.3%   50.0%\n"
            "average             66.7%      66.7%   50.0%\n"
            "\n"
            "recall: how many photos of a class were named so; precision: how many photos named "
            "so are\n"
            "of that class; F1: both in one figure (their harmonic mean).\n"
            "\n"
            "Most frequent mistakes:\n"
            "  2 of 3 \"dress\" were taken for \"t-shirt\"\n");
}

TEST(Report, NamesOfOtherScriptsKeepTheColumns) {
  const std::string table = describe(example(), {"Kleid für Kinder", "t-shirt", "skirt"});
  EXPECT_NE(table.find("\nKleid für Kinder        3 "), std::string::npos) << table;
  EXPECT_NE(table.find("\nt-shirt                 1 "), std::string::npos) << table;
}

TEST(Report, NamesCannotCommandTheTerminal) {
  const std::string table = describe(example(), {"a\nb", "\x1B[31m", "skirt"});
  EXPECT_NE(table.find("\na?b            3 "), std::string::npos) << table;
  EXPECT_NE(table.find("2 of 3 \"a?b\" were taken for \"?[31m\"\n"), std::string::npos) << table;
}

TEST(Report, WithoutMistakesNoneAreListed) {
  const std::vector<int64_t> label = {0};
  const std::string text = describe(measure(std::vector<float>{1, 0}, label, 2), {"a", "b"});
  EXPECT_EQ(text.find("mistakes"), std::string::npos);
}

TEST(Report, JsonHasEveryFigure) {
  const nlohmann::json json = to_json(example(), {"dress", "t-shirt", "skirt"});
  EXPECT_EQ(json["photos"], 4);
  EXPECT_EQ(json["correct"], 2);
  EXPECT_EQ(json["accuracy"], 0.5);
  EXPECT_EQ(json["macro"]["f1"], 0.5);
  EXPECT_EQ(json["classes"].size(), 3U);
  EXPECT_EQ(json["classes"][0]["name"], "dress");
  EXPECT_EQ(json["classes"][0]["support"], 3);
  EXPECT_EQ(json["classes"][0]["precision"], 1);
  EXPECT_EQ(json["classes"][2]["recall"], 0);
  EXPECT_EQ(json["confusion"], (std::vector<std::vector<int>>{{1, 2, 0}, {0, 1, 0}, {0, 0, 0}}));
}

}  // namespace
}  // namespace tailor::train
