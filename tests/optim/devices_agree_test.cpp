// A small residual network trained on each device: step for step what the reference computes in
// f64, up to the rounding of f32.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

#include "layers/basic.h"
#include "optim/optimizer.h"
#include "tests/support/devices.h"

namespace tailor {
namespace {

constexpr int64_t kBatch = 4, kSize = 17, kClasses = 5;
constexpr int kSteps = 6;
constexpr Conv2d kSamePadding{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
constexpr Conv2d kHalving{
    .stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};

/// A stem, a residual block with a strided shortcut, a head behind dropout.
class SmallNetwork : public layers::Module {
 public:
  SmallNetwork(DType dtype, const std::shared_ptr<Backend>& backend)
      : stem_(3, 8, 3, kSamePadding, false, dtype, backend),
        bn0_(8, 1e-5, dtype, backend),
        conv1_(8, 12, 3, kHalving, false, dtype, backend),
        bn1_(12, 1e-5, dtype, backend),
        shortcut_(8, 12, 1, {.stride_h = 2, .stride_w = 2}, true, dtype, backend),
        head_(12, kClasses, dtype, backend) {
    register_module("stem", stem_);
    register_module("bn0", bn0_);
    register_module("conv1", conv1_);
    register_module("bn1", bn1_);
    register_module("shortcut", shortcut_);
    register_module("head", head_);
    initialize(/*seed=*/5);
  }

  Tensor forward(const Tensor& x) override {
    Tensor y = bn0_.forward(stem_.forward(x), Activation::relu);
    y = max_pool2d(y, {.kernel_h = 3,
                       .kernel_w = 3,
                       .stride_h = 2,
                       .stride_w = 2,
                       .pad_top = 1,
                       .pad_left = 1,
                       .pad_bottom = 1,
                       .pad_right = 1});
    y = bn1_.forward(conv1_.forward(y), Activation::relu, shortcut_.forward(y));
    return head_.forward(dropout_.forward(global_avg_pool(y)));
  }

 private:
  layers::Conv2d stem_;
  layers::BatchNorm2d bn0_;
  layers::Conv2d conv1_;
  layers::BatchNorm2d bn1_;
  layers::Conv2d shortcut_;
  layers::Dropout dropout_{0.25, 3};
  layers::Linear head_;
};

/// What a step leaves behind; tensors by name.
struct Step {
  double loss;
  std::map<std::string, std::vector<double>> state;
};

template <class Optimizer>
std::vector<Step> train(const std::string& device, DType dtype) {
  const auto backend = open_backend(device);
  SmallNetwork network(dtype, backend);
  optim::ParameterGroup group;
  for (const auto& [name, tensor] : network.named_parameters()) group.parameters.push_back(tensor);
  Optimizer optimizer({group}, {.weight_decay = 1e-2});

  std::vector<Step> steps;
  for (int step = 0; step < kSteps; ++step) {
    std::vector<float> pixels(kBatch * kSize * kSize * 3);
    std::vector<int64_t> labels(kBatch);
    const RandomKey random{.seed = 9, .step = static_cast<uint32_t>(step)};
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = 2 * uniform_at(random, i) - 1;
    for (int64_t i = 0; i < kBatch; ++i) labels[static_cast<size_t>(i)] = (i + step) % kClasses;
    Tensor x = Tensor::from(pixels, {kBatch, kSize, kSize, 3}, backend);
    if (dtype != DType::f32) x = cast(x, dtype);

    optimizer.zero_grad();
    const Tensor loss = cross_entropy(network.forward(x), Tensor::from(labels, {kBatch}, backend),
                                      {.label_smoothing = 0.1});
    loss.backward();
    optimizer.step(0.05);

    const auto numbers = [&](const Tensor& tensor) -> std::vector<double> {
      if (dtype == DType::f64) return tensor.to_vector<double>();
      const auto values = tensor.to_vector<float>();
      return {values.begin(), values.end()};
    };
    Step& done = steps.emplace_back(Step{numbers(loss).front(), {}});
    for (const auto& [name, tensor] : network.state()) done.state[name] = numbers(tensor);
  }
  return steps;
}

/// The largest difference of an element, as a share of the largest element of its tensor.
double difference(const Step& found, const Step& expected) {
  double worst = std::abs(found.loss - expected.loss) / expected.loss;
  for (const auto& [name, values] : expected.state) {
    double largest = 0, apart = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      largest = std::max(largest, std::abs(values[i]));
      apart = std::max(apart, std::abs(values[i] - found.state.at(name)[i]));
    }
    worst = std::max(worst, apart / largest);
    if (!std::isfinite(apart)) return apart;
  }
  return worst;
}

class DevicesAgree : public ::testing::TestWithParam<const char*> {};

/// Each step rounds some hundred times in a row and starts from what the one before left.
template <class Optimizer>
void expect_agreement(const std::string& device) {
  const auto expected = train<Optimizer>("reference", DType::f64);
  const auto found = train<Optimizer>(device, DType::f32);
  for (size_t step = 0; step < expected.size(); ++step) {
    EXPECT_LE(difference(found[step], expected[step]), 1000 * 0x1p-24 * double(step + 1))
        << device << ", step " << step + 1;
  }
}

TEST_P(DevicesAgree, sgd) {
  SKIP_WITHOUT(GetParam());
  expect_agreement<optim::Sgd>(GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, DevicesAgree,
                         ::testing::Values("reference", "cpu", "simt", "simt-tracked", "cuda"),
                         [](const auto& test) { return test::name_for_test(test.param); });

}  // namespace
}  // namespace tailor
