// Clipping of gradients against arithmetic done by hand.
#include "optim/clip.h"

#include <gtest/gtest.h>

#include "tests/support/devices.h"

namespace tailor::optim {
namespace {

class ClipTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    SKIP_WITHOUT(GetParam());
    backend_ = open_backend(GetParam());
  }
  /// A parameter with this gradient.
  Tensor with_gradient(const std::vector<float>& gradient) const {
    const Shape shape{static_cast<int64_t>(gradient.size())};
    Tensor tensor = Tensor::zeros(shape, DType::f32, backend_);
    tensor.set_requires_grad(true);
    tensor.backward(Tensor::from(gradient, shape, backend_));
    return tensor;
  }
  std::shared_ptr<Backend> backend_;
};

TEST_P(ClipTest, LongGradientsAreShortenedTogether) {
  const Tensor a = with_gradient({3, 0, -4});
  const Tensor b = with_gradient({12});
  EXPECT_NEAR(clip_grad_norm({a, b}, 2), 13, 1e-5) << "3-4-5 and 5-12-13";
  const std::vector<float> clipped = a.grad().to_vector<float>();
  EXPECT_NEAR(clipped[0], 6 / 13.0, 1e-5);
  EXPECT_EQ(clipped[1], 0);
  EXPECT_NEAR(clipped[2], -8 / 13.0, 1e-5);
  EXPECT_NEAR(b.grad().item<float>(), 24 / 13.0, 1e-5);
}

TEST_P(ClipTest, ShortOnesAreLeftAsTheyAre) {
  const Tensor a = with_gradient({3, 4});
  EXPECT_NEAR(clip_grad_norm({a}, 5.001), 5, 1e-6);
  EXPECT_EQ(a.grad().to_vector<float>(), (std::vector<float>{3, 4}));
}

TEST_P(ClipTest, WhatHasNoGradientCountsNothing) {
  const Tensor a = with_gradient({2});
  const Tensor none = Tensor::zeros({7}, DType::f32, backend_);
  EXPECT_NEAR(clip_grad_norm({none, a}, 1), 2, 1e-6);
  EXPECT_FALSE(none.grad().defined());
  EXPECT_EQ(clip_grad_norm({none}, 1), 0);
}

TEST_P(ClipTest, AMillionEqualOnesAreAThousandLong) {
  const Tensor a = with_gradient(std::vector<float>(1'000'000, 1));
  EXPECT_NEAR(clip_grad_norm({a}, 1e9), 1000, 0.01);
}

INSTANTIATE_TEST_SUITE_P(Devices, ClipTest, ::testing::Values("reference", "cpu", "simt", "cuda"),
                         [](const auto& test) { return test::name_for_test(test.param); });

}  // namespace
}  // namespace tailor::optim
