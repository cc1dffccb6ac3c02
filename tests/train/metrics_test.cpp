// The figures by which a model is judged, against sums done by hand.
#include "train/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tailor::train {
namespace {

/// Logits whose answer is `answer`, one row each.
std::vector<float> answers(const std::vector<size_t>& named, size_t classes) {
  std::vector<float> logits(named.size() * classes, 0.0F);
  for (size_t i = 0; i < named.size(); ++i) logits[i * classes + named[i]] = 2;
  return logits;
}

// Labels 0 0 0 1 1 2, answers 0 0 1 1 0 1; class 3 neither occurs nor is named:
// class 0: named 3, 2 of them rightly, of 3; class 1: named 3, 1 rightly, of 2; class 2: never
// named.
TEST(Metrics, AreScikitLearns) {
  const std::vector<int64_t> labels = {0, 0, 0, 1, 1, 2};
  const Metrics m = measure(answers({0, 0, 1, 1, 0, 1}, 4), labels, 4);
  EXPECT_EQ(m.photos, 6);
  EXPECT_EQ(m.correct, 3);
  EXPECT_DOUBLE_EQ(m.accuracy, 0.5);

  EXPECT_EQ(m.classes[0].support, 3);
  EXPECT_DOUBLE_EQ(m.classes[0].precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(m.classes[0].recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(m.classes[0].f1, 2.0 / 3);
  EXPECT_DOUBLE_EQ(m.classes[1].precision, 1.0 / 3);
  EXPECT_DOUBLE_EQ(m.classes[1].recall, 1.0 / 2);
  EXPECT_DOUBLE_EQ(m.classes[1].f1, 2.0 / 5);  // 2 (1/3) (1/2) / (1/3 + 1/2)
  for (const size_t idle : {2, 3}) {
    EXPECT_EQ(m.classes[idle].precision, 0) << "zero division";
    EXPECT_EQ(m.classes[idle].recall, 0);
    EXPECT_EQ(m.classes[idle].f1, 0);
  }
  // Over the three classes that occur, as classification_report does.
  EXPECT_DOUBLE_EQ(m.macro_precision, (2.0 / 3 + 1.0 / 3) / 3);
  EXPECT_DOUBLE_EQ(m.macro_recall, (2.0 / 3 + 1.0 / 2) / 3);
  EXPECT_DOUBLE_EQ(m.macro_f1, (2.0 / 3 + 2.0 / 5) / 3);

  const std::vector<std::vector<int64_t>> confusion = {
      {2, 1, 0, 0}, {1, 1, 0, 0}, {0, 1, 0, 0}, {0, 0, 0, 0}};
  EXPECT_EQ(m.confusion, confusion);
  // A right answer costs log(1 + 3 / e^2), a wrong one 2 more.
  EXPECT_NEAR(m.loss, std::log(1 + 3 * std::exp(-2.0)) + 2 * 3.0 / 6, 1e-12);
}

TEST(Metrics, ClassThatIsNamedButDoesNotOccurCountsInTheMeans) {
  const std::vector<int64_t> labels = {0, 0};
  const Metrics m = measure(answers({0, 1}, 3), labels, 3);
  EXPECT_DOUBLE_EQ(m.macro_precision, (1.0 + 0) / 2);
  EXPECT_DOUBLE_EQ(m.macro_recall, (0.5 + 0) / 2);
}

TEST(Metrics, LossSurvivesLargeLogits) {
  const std::vector<float> logits = {1000, 0};
  EXPECT_DOUBLE_EQ(cross_entropy_of(logits, 0), 0);
  EXPECT_DOUBLE_EQ(cross_entropy_of(logits, 1), 1000);
  EXPECT_DOUBLE_EQ(probabilities(logits)[0], 1);
}

TEST(Metrics, EqualLogitsNameTheFirstClass) {
  EXPECT_EQ(best_class(std::vector<float>{1, 3, 3}), 1U);
}

TEST(Metrics, WorstConfusionsComeFirst) {
  const std::vector<int64_t> labels = {0, 0, 1, 2, 2, 2};
  const Metrics m = measure(answers({1, 2, 1, 0, 0, 1}, 3), labels, 3);
  const std::vector<Confusion> worst = worst_confusions(m, 2);
  ASSERT_EQ(worst.size(), 2U);
  EXPECT_EQ(worst[0].label, 2U);
  EXPECT_EQ(worst[0].answer, 0U);
  EXPECT_EQ(worst[0].photos, 2);
  EXPECT_EQ(worst[1].label, 0U) << "of equal ones the first";
  EXPECT_EQ(worst[1].answer, 1U);
  EXPECT_EQ(worst_confusions(m, 10).size(), 4U);
}

}  // namespace
}  // namespace tailor::train
