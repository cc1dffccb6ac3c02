// From a weights file and a photo to logits, against PyTorch's and Keras's.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "inference/frozen.h"
#include "io/hdf5.h"
#include "io/transform.h"
#include "io/weights.h"
#include "layers/network.h"
#include "tests/support/python.h"

namespace tailor::io {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(TAILOR_TEST_DATA) / "networks";

struct Case {
  std::string name;       // of the test
  std::string golden;     // group of outputs.h5
  std::string arguments;  // of write_hdf5.py
  std::string variant;    // of --variant
};

std::vector<float> golden(const std::string& name) {
  static const Hdf5Reader file(kGolden / "outputs.h5");
  std::vector<float> values(static_cast<size_t>(file.datasets().at(name).shape.count()));
  file.read(name, std::as_writable_bytes(std::span(values)));
  return values;
}

bool has_golden(const std::string& name) {
  return Hdf5Reader(kGolden / "outputs.h5").datasets().contains(name);
}

/// The first `count` golden photos through the program's own path, [count, 224, 224, 3].
Tensor photos(int64_t count, Preprocessing preprocessing, const std::shared_ptr<Backend>& backend) {
  const Transform transform = Transform::evaluation(preprocessing, 224);
  const size_t pixels = 224 * 224 * 3;
  std::vector<float> values(static_cast<size_t>(count) * pixels);
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const Image photo = read_image(kGolden / "photos" / fmt::format("photo{}.png", i));
    const Image image = transform(photo, 0, 0);
    normalize(image.rgb, preprocessing, std::span(values).subspan(i * pixels, pixels));
  }
  return Tensor::from(values, {count, 224, 224, 3}, backend);
}

double spread(const std::vector<float>& values) {
  double sum = 0;
  double squares = 0;
  for (const double v : values) {
    sum += v;
    squares += v * v;
  }
  const auto n = static_cast<double>(values.size());
  return std::sqrt(squares / n - sum / n * (sum / n));
}

/// The largest difference, in units of the spread of `expected`.
double error(const Tensor& tensor, const std::vector<float>& expected) {
  const std::vector<float> actual = tensor.to_vector<float>();
  EXPECT_EQ(actual.size(), expected.size());
  double worst = 0;
  for (size_t i = 0; i < std::min(actual.size(), expected.size()); ++i) {
    const double difference = std::abs(double{actual[i]} - expected[i]);
    if (std::isnan(difference)) return difference;
    worst = std::max(worst, difference);
  }
  return worst / spread(expected);
}

class GoldenNetworksSlow : public testing::TestWithParam<Case> {};

TEST_P(GoldenNetworksSlow, LogitsAndFeatures) {
  constexpr double kBound = 2e-4;
  const Case& c = GetParam();
  const auto backend = open_backend("cpu");
  Weights weights = read_weights(test::golden_weights(c.arguments), backend);
  if (!c.variant.empty()) apply_variant_name(weights, c.variant);
  const bool top = c.arguments.find("--no-top") == std::string::npos;
  ASSERT_EQ(weights.classes, top ? 1000 : 0);

  const auto network =
      layers::make_model(weights.model, {.classes = 1000, .variant = weights.variant}, backend);
  network->initialize(0);
  network->load_state_dict(weights.tensors, top ? layers::Match::all : layers::Match::backbone,
                           network->head_name());
  network->eval();
  const std::vector<float> logits = golden(c.golden + "/logits");
  const auto count = static_cast<int64_t>(logits.size() / 1000);
  const Tensor x = photos(count, weights.variant.preprocessing, backend);

  const NoGrad guard;
  const Tensor features = network->features(x);
  const Tensor frozen = inference::Frozen(*network, 224, count)(x);
  if (has_golden(c.golden + "/features")) {
    const std::vector<float> expected = golden(c.golden + "/features");
    RecordProperty("features", fmt::format("{:.1e}", error(features, expected)));
    RecordProperty("frozen_features", fmt::format("{:.1e}", error(frozen, expected)));
    EXPECT_LE(error(features, expected), kBound);
    EXPECT_LE(error(frozen, expected), kBound);
  } else {
    ASSERT_TRUE(top) << "nothing was compared";
  }
  if (!top) return;
  RecordProperty("logits", fmt::format("{:.1e}", error(network->head(features), logits)));
  RecordProperty("frozen_logits", fmt::format("{:.1e}", error(network->head(frozen), logits)));
  EXPECT_LE(error(network->head(features), logits), kBound);
  EXPECT_LE(error(network->head(frozen), logits), kBound);
}

INSTANTIATE_TEST_SUITE_P(
    Files, GoldenNetworksSlow,
    testing::Values(
        Case{"keras1", "resnet50_keras1", "keras1", ""},
        Case{"keras2015", "resnet50_keras1_2015", "keras1", "keras2015"},
        Case{"keras1_without_top", "resnet50_keras1", "keras1 --no-top", ""},
        Case{"keras2", "resnet50_keras2", "keras2", ""},
        Case{"keras2_probs_vlen", "resnet50_keras2", "keras2 --head probs --vlen", ""},
        Case{"keras2_without_top", "resnet50_keras2", "keras2 --no-top", ""},
        Case{"torchvision", "resnet50_torchvision", "torchvision", ""},
        Case{"torchvision_without_top", "resnet50_torchvision", "torchvision --no-top", ""},
        Case{"resnet18", "resnet18_torchvision", "torchvision --model resnet18", ""},
        Case{"resnet34", "resnet34_torchvision", "torchvision --model resnet34", ""},
        Case{"resnet101", "resnet101_torchvision", "torchvision --model resnet101", ""},
        Case{"resnet152", "resnet152_torchvision", "torchvision --model resnet152", ""}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tailor::io
