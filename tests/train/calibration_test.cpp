// Whether a model is right as often as it claims to be.
#include "train/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tailor::train {
namespace {

/// Logits of two classes that give the second one this probability.
std::vector<float> logits_of(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (const double p : probabilities) {
    logits.push_back(0);
    logits.push_back(static_cast<float>(std::log(p / (1 - p))));
  }
  return logits;
}

TEST(Calibration, IsWhatArithmeticSays) {
  // (0.5, 0.6]: 0.55 right, 0.57 wrong. (0.7, 0.8]: 0.75 right. (0.9, 1]: 0.92, 0.94 right, 0.96
  // wrong, the last one a 0.04 for the second class.
  const std::vector<float> logits = logits_of({0.55, 0.57, 0.75, 0.92, 0.94, 0.04});
  const std::vector<int64_t> labels = {1, 0, 1, 1, 1, 1};
  const Calibration c = calibrate(logits, labels, 2);
  ASSERT_EQ(c.bins.size(), 10U);
  const std::vector<int64_t> photos = {0, 0, 0, 0, 0, 2, 0, 1, 0, 3};
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_DOUBLE_EQ(c.bins[i].from, 0.1 * static_cast<double>(i));
    EXPECT_DOUBLE_EQ(c.bins[i].to, 0.1 * static_cast<double>(i + 1));
    EXPECT_EQ(c.bins[i].photos, photos[i]) << i;
  }
  constexpr double kTolerance = 1e-6;  // logits are f32
  EXPECT_NEAR(c.bins[5].confidence, 0.56, kTolerance);
  EXPECT_NEAR(c.bins[5].accuracy, 0.5, kTolerance);
  EXPECT_NEAR(c.bins[7].accuracy, 1, kTolerance);
  EXPECT_NEAR(c.bins[9].confidence, 0.94, kTolerance);
  EXPECT_NEAR(c.bins[9].accuracy, 2.0 / 3, kTolerance);
  EXPECT_NEAR(c.confidence, (0.55 + 0.57 + 0.75 + 0.92 + 0.94 + 0.96) / 6, kTolerance);
  EXPECT_NEAR(c.expected_error, (2 * 0.06 + 0.25 + 3 * (0.94 - 2.0 / 3)) / 6, kTolerance);
}

TEST(Calibration, CertaintyIsInTheLastBinAndEqualChancesBelowTheirEdge) {
  const std::vector<float> logits = {0, 200, 0, 0};  // probabilities 1 and 0.5
  const std::vector<int64_t> labels = {1, 0};
  const Calibration c = calibrate(logits, labels, 2);
  EXPECT_EQ(c.bins[9].photos, 1);
  EXPECT_EQ(c.bins[4].photos, 1) << "bins hold their upper edge";
  EXPECT_DOUBLE_EQ(c.expected_error, 0.25);
}

}  // namespace
}  // namespace tailor::train
