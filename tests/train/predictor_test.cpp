// The one way from pixels to answers.
#include "train/predictor.h"

#include <gtest/gtest.h>

#include <cmath>

#include "io/transform.h"

namespace tailor::train {
namespace {

constexpr int kSize = 40;

io::Batch photos(size_t first, size_t count) {
  io::Batch batch;
  for (size_t i = first; i < first + count; ++i) {
    RandomStream random(i, Stream::init);
    for (int byte = 0; byte < kSize * kSize * 3; ++byte) {
      batch.pixels.push_back(static_cast<uint8_t>(random.below(256)));
    }
    batch.labels.push_back(0);
    batch.indices.push_back(i);
  }
  return batch;
}

class PredictorTest : public ::testing::TestWithParam<Preprocessing> {
 protected:
  PredictorTest() { network_->initialize(3); }
  std::unique_ptr<layers::Network> network_ = layers::make_model(
      "resnet18", {.classes = 5, .variant = {.preprocessing = GetParam()}}, open_backend("cpu"));
};

TEST_P(PredictorTest, AnswersAreTheNetworksInEvaluation) {
  Predictor predictor(*network_, kSize);
  const io::Batch batch = photos(0, 3);
  const std::vector<float> found = predictor(batch);
  network_->eval();
  const NoGrad guard;
  std::vector<float> input(batch.pixels.size());
  io::normalize(batch.pixels, GetParam(), input);
  const auto backend = network_->named_parameters()[0].second.backend();
  const auto expected =
      network_->forward(Tensor::from(input, {3, kSize, kSize, 3}, backend)).to_vector<float>();
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 1e-4 * std::max(1.0F, std::abs(expected[i])));
  }
}

TEST_P(PredictorTest, NeighboursDoNotMatter) {
  Predictor predictor(*network_, kSize);
  const std::vector<float> together = predictor(photos(0, 11));
  for (size_t i = 0; i < 11; ++i) {
    const std::vector<float> alone = predictor(photos(i, 1));
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + i * 5)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, PredictorTest,
                         ::testing::Values(Preprocessing::torchvision, Preprocessing::caffe),
                         [](const auto& run) {
                           return run.param == Preprocessing::caffe ? "caffe" : "torchvision";
                         });

}  // namespace
}  // namespace tailor::train
