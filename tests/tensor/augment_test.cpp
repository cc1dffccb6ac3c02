// Changing photos: the CPU's shortcuts through every colour, and arguments that do not fit. (What
// the changes are: tests/io/golden_augment_test.cpp.)
#include <gtest/gtest.h>

#include "tensor/ops.h"
#include "tests/support/errors.h"

namespace tailor {
namespace {

using Kind = ColourStep::Kind;

TEST(AugmentSlow, CpuTurnsTheHueOfEveryColourAsTheReference) {
  std::vector<uint8_t> colours;
  colours.reserve(size_t{3} << 24);
  for (int i = 0; i < 1 << 24; ++i) {
    for (const int shift : {16, 8, 0}) colours.push_back(static_cast<uint8_t>(i >> shift));
  }
  const std::vector<PhotoChange> photos(256, {.colours = {{{Kind::hue, 0.05F}}}});
  const auto turned = [&](const char* device) {
    const Tensor x = Tensor::from(colours, {256, 256, 256, 3}, open_backend(device));
    return augment(x, {.photos = photos}).to_vector<uint8_t>();
  };
  EXPECT_TRUE(turned("cpu") == turned("reference"));
}

class AugmentErrors : public ::testing::Test {
 protected:
  std::string error_of(const std::vector<PhotoChange>& photos, DType from = DType::u8,
                       DType to = DType::u8, const Shape& shape = {1, 4, 6, 3}) {
    const Tensor x = Tensor::zeros(shape, from, backend_);
    return test::error_of([&] { augment(x, {.photos = photos}, to); });
  }
  std::shared_ptr<Backend> backend_ = open_backend("cpu");
};

TEST_F(AugmentErrors, TellWhatDoesNotFit) {
  EXPECT_EQ(error_of({}), "augment: expected changes of 1 photos, got 0");
  EXPECT_EQ(error_of({{}}, DType::f32),
            "augment: expected x u8 [N, H, W, 3], got f32 [1, 4, 6, 3]");
  EXPECT_EQ(error_of({{}}, DType::u8, DType::u8, {1, 4, 6, 4}),
            "augment: expected x u8 [N, H, W, 3], got u8 [1, 4, 6, 4]");
  EXPECT_EQ(error_of({{}}, DType::u8, DType::f64),
            "augment: expected a result in u8, f32 or bf16, got f64");
  EXPECT_EQ(error_of({{.colours = {{{Kind::contrast, -1}}}}}),
            "augment: expected a factor from 0 to 1e6, got -1");
  EXPECT_EQ(error_of({{.colours = {{{Kind::hue, 0.6F}}}}}),
            "augment: expected a factor from -0.5 to 0.5, got 0.6");
  EXPECT_EQ(error_of({{.erase = {2, 0, 3, 6}}}),
            "augment: expected to erase within 4x6, got 3x6 at 2, 0");
  EXPECT_EQ(error_of({{.erase = {2, 3, 2, 3}}}), "no error");
}

}  // namespace
}  // namespace tailor
