// The frozen plan against the network it was made from.
#include "inference/frozen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "inference/plan.h"

namespace tailor::inference {
namespace {

constexpr int kSize = 33;

class FrozenTest : public ::testing::Test {
 protected:
  /// resnet18 whose statistics are not those of a new network, so that folding has work to do.
  std::unique_ptr<layers::Network> make(DType dtype, const std::string& device) {
    const auto backend = open_backend(device);
    auto network = layers::make_model("resnet18", {.classes = 3}, backend);
    network->initialize(7);
    for (auto& [name, tensor] : network->state()) {
      if (name.find("bn") == std::string::npos && name.find("downsample.1") == std::string::npos) {
        continue;
      }
      std::vector<float> values(static_cast<size_t>(tensor.count()));
      for (size_t i = 0; i < values.size(); ++i) {
        const float u = uniform_at({.seed = values.size(), .step = 3}, i);
        values[i] =
            name.ends_with("var") ? 0.5F + u : 0.2F * u + (name.ends_with("weight") ? 0.5F : 0.0F);
      }
      tensor.copy_from(Tensor::from(values, tensor.shape(), backend));
    }
    network->to(dtype);
    return network;
  }
  static Tensor photos(int64_t n, DType dtype, const std::shared_ptr<Backend>& backend) {
    std::vector<float> values(static_cast<size_t>(n * kSize * kSize * 3));
    for (size_t i = 0; i < values.size(); ++i) values[i] = uniform_at({.seed = 11}, i) * 2 - 1;
    const NoGrad guard;
    return cast(Tensor::from(values, {n, kSize, kSize, 3}, backend), dtype);
  }
};

TEST_F(FrozenTest, EqualsTheNetworkInEvaluationMode) {
  const auto network = make(DType::f64, "reference");
  const auto backend = network->named_parameters()[0].second.backend();
  const Tensor x = photos(2, DType::f64, backend);
  network->train();  // the plan must not depend on it, nor change it
  Frozen frozen(*network, kSize);
  EXPECT_TRUE(network->training());
  const auto found = frozen(x).to_vector<double>();
  network->eval();
  const NoGrad guard;
  const auto expected = network->features(x).to_vector<double>();
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 1e-12 * std::max(1.0, std::abs(expected[i])));
  }
}

TEST_F(FrozenTest, BytesDependNeitherOnNeighboursNorOnThreads) {
  const auto network = make(DType::f32, "cpu");
  const auto backend = network->named_parameters()[0].second.backend();
  Frozen one(*network, kSize, 1);
  Frozen three(*network, kSize, 3);
  const Tensor x = photos(21, DType::f32, backend);
  const auto all = one(x).to_vector<float>();
  EXPECT_EQ(three(x).to_vector<float>(), all);
  const auto first = three(photos(1, DType::f32, backend)).to_vector<float>();
  EXPECT_TRUE(std::equal(first.begin(), first.end(), all.begin()));
}

TEST_F(FrozenTest, OutlivesItsNetwork) {
  auto network = make(DType::f32, "cpu");
  const auto backend = network->named_parameters()[0].second.backend();
  Frozen frozen(*network, kSize, 1);
  const Tensor x = photos(1, DType::f32, backend);
  const auto before = frozen(x).to_vector<float>();
  network.reset();
  EXPECT_EQ(frozen(x).to_vector<float>(), before);
}

TEST_F(FrozenTest, RefusesPhotosOfAnotherSize) {
  const auto network = make(DType::f32, "reference");
  const auto backend = network->named_parameters()[0].second.backend();
  Frozen frozen(*network, kSize);
  EXPECT_THROW(frozen(Tensor::zeros({1, 32, 32, 3}, DType::f32, backend)), Error);
}

TEST_F(FrozenTest, BatchNormsAreGoneAndSlotsAreShared) {
  const auto network = make(DType::f32, "reference");
  const StepList list = plan_features(*network, kSize);
  EXPECT_EQ(list.steps.size(), 20U + 2U) << "20 convolutions, two pools";
  const SlotPlan slots = plan_slots(list);
  EXPECT_LE(slots.slot_counts.size(), 4U) << "input, output, shortcut and one that waits";
  // No step writes where a value still to be read lies.
  for (size_t s = 0; s < list.steps.size(); ++s) {
    const int written = slots.slot[static_cast<size_t>(list.steps[s].output)];
    for (Value v = 1; v < list.steps[s].output; ++v) {
      const bool read_later = std::any_of(
          list.steps.begin() + static_cast<std::ptrdiff_t>(s), list.steps.end(),
          [&](const Step& step) {
            const bool added_in_place = step.residual == v && &step == &list.steps[s];
            return (step.residual == v && !added_in_place) ||
                   std::find(step.inputs.begin(), step.inputs.end(), v) != step.inputs.end();
          });
      if (read_later) {
        EXPECT_NE(slots.slot[static_cast<size_t>(v)], written) << s;
      }
    }
  }
}

}  // namespace
}  // namespace tailor::inference
