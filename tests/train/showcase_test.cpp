// Which photos a report shows.
#include "train/showcase.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "io/transform.h"
#include "tests/support/photos.h"
#include "tests/support/temp_dir.h"

namespace tailor::train {
namespace {

namespace fs = std::filesystem;

/// Photos 0.png, 1.png, ... with answers of the caller's choice.
class ShowcaseTest : public ::testing::Test {
 protected:
  /// Photo i is of class labels[i]; `sure` are its three logits.
  Showcase show(const std::vector<int64_t>& labels, const std::vector<std::vector<float>>& logits,
                int image_size = 32) {
    Answers answers;
    for (size_t i = 0; i < labels.size(); ++i) {
      // The answers come in another order than the samples, as they may after damaged photos.
      const size_t photo = labels.size() - 1 - i;
      answers.labels.push_back(labels[photo]);
      answers.logits.insert(answers.logits.end(), logits[photo].begin(), logits[photo].end());
      answers.indices.push_back(photo);
    }
    io::Model model{layers::make_model("resnet18", {.classes = 3}, open_backend("cpu")),
                    {.classes = test::shape_classes(), .image_size = image_size}};
    model.network->initialize(2);
    return make_showcase(model, samples_, answers);
  }
  void write_photos(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const fs::path path = scratch_ / (std::to_string(i) + ".png");
      test::write_png(path, test::shape_photo(i % 3, i));
      samples_.push_back({.path = path.string(), .label = static_cast<int64_t>(i % 3)});
    }
  }
  static std::vector<std::string> names(const std::vector<ShownPhoto>& photos) {
    std::vector<std::string> result;
    result.reserve(photos.size());
    for (const ShownPhoto& photo : photos) {
      result.push_back(fs::path(photo.name).filename().string());
    }
    return result;
  }

  test::TempDir scratch_;
  std::vector<io::Sample> samples_;
};

using Names = std::vector<std::string>;

TEST_F(ShowcaseTest, TheSurestMistakesAndTheLeastSureOfTheRightAnswers) {
  write_photos(5);
  const std::vector<std::vector<float>> logits = {
      {0, 2, 0},  // wrong, sure
      {0, 3, 0},  // right, sure
      {1, 0, 0},  // wrong, less sure
      {1, 0, 0},  // right, less sure
      {9, 0, 0},  // wrong, the surest
  };
  const Showcase showcase = show({0, 1, 2, 0, 1}, logits);
  EXPECT_EQ(names(showcase.mistakes), (Names{"4.png", "0.png", "2.png"}));
  EXPECT_EQ(names(showcase.unsure), (Names{"3.png", "1.png"}));
  const ShownPhoto& second = showcase.mistakes[1];
  EXPECT_EQ(second.label, 0U);
  EXPECT_EQ(second.answer, 1U);
  EXPECT_NEAR(second.probability, std::exp(2) / (std::exp(2) + 2), 1e-6);

  const nlohmann::json json = to_json(showcase, test::shape_classes());
  EXPECT_EQ(json["mistakes"][1]["photo"], samples_[0].path);
  EXPECT_EQ(json["mistakes"][1]["class"], "bar");
  EXPECT_EQ(json["mistakes"][1]["answer"], "disc");
  EXPECT_EQ(json["mistakes"][1]["probability"], second.probability);
  EXPECT_EQ(json["unsure"].size(), 2U);
}

TEST_F(ShowcaseTest, IsAsLongAsItShouldBe) {
  write_photos(30);
  std::vector<int64_t> labels;
  std::vector<std::vector<float>> logits;
  for (size_t i = 0; i < 30; ++i) {
    labels.push_back(i < 15 ? 0 : 1);
    logits.push_back({1, 0, 0});
  }
  const Showcase showcase = show(labels, logits);
  EXPECT_EQ(showcase.mistakes.size(), 12U);
  EXPECT_EQ(showcase.unsure.size(), 12U);
}

TEST_F(ShowcaseTest, PicturesAreWhatTheNetworkSaw) {
  write_photos(1);
  for (const int size : {32, 256}) {
    const Showcase showcase = show({0}, {{1, 0, 0}}, size);
    ASSERT_EQ(showcase.unsure.size(), 1U);
    const ShownPhoto& photo = showcase.unsure[0];
    const io::Image picture = io::decode_image(photo.picture, "picture");
    const io::Image heat = io::decode_image(photo.heat_map, "heat map");
    EXPECT_EQ(picture.width, std::min(size, 224));
    EXPECT_EQ(picture.height, picture.width);
    EXPECT_EQ(heat.width, picture.width);
    EXPECT_NE(heat.rgb, picture.rgb);
    if (size != 32) continue;
    const io::Image seen = io::Transform::evaluation(Preprocessing::torchvision, size)(
        io::read_image(samples_[0].path), 0, 0);
    double difference = 0;
    for (size_t i = 0; i < seen.rgb.size(); ++i) {
      difference += std::abs(int{seen.rgb[i]} - int{picture.rgb[i]});
    }
    EXPECT_LT(difference / static_cast<double>(seen.rgb.size()), 12) << "but for JPEG's losses";
  }
}

TEST_F(ShowcaseTest, PhotosThatAreGoneAreLeftOut) {
  write_photos(3);
  fs::remove(samples_[1].path);
  const Showcase showcase = show({0, 0, 0}, {{1, 0, 0}, {2, 0, 0}, {3, 0, 0}});
  EXPECT_EQ(names(showcase.unsure), (Names{"0.png", "2.png"}));
}

}  // namespace
}  // namespace tailor::train
