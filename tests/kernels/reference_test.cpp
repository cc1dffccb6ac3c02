// What the reference promises beside its numbers, which tests/tensor and tests/verify prove.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "kernels/api/backend.h"
#include "tests/support/errors.h"

namespace tailor {
namespace {

/// A view of a vector.
template <class T>
View view(std::vector<T>& values, const Shape& shape) {
  return {values.data(), kDType<T>, shape};
}

class Reference : public ::testing::Test {
 protected:
  std::string loss_error(std::vector<int64_t> labels) {
    std::vector<float> x(labels.size() * 4), loss(1), probabilities(x.size());
    const auto rows = static_cast<int64_t>(labels.size());
    return test::error_of([&] {
      backend_->cross_entropy({}, view(x, {rows, 4}), view(labels, {rows}), {}, view(loss, {1}),
                              view(probabilities, {rows, 4}));
    });
  }

  std::shared_ptr<Backend> backend_ = open_backend("reference");
};

TEST_F(Reference, label_out_of_range) {
  EXPECT_EQ(loss_error({0, 3, 1}), "no error");
  EXPECT_EQ(loss_error({0, 3, 4}), "cross_entropy: expected labels from 0 to 3, got 4 at row 2");
  EXPECT_EQ(loss_error({-1, 9}), "cross_entropy: expected labels from 0 to 3, got -1 at row 0");
}

TEST_F(Reference, label_out_of_range_in_the_gradient) {
  std::vector<double> probabilities(8, 0.25), dloss(1, 1), dx(8);
  std::vector<int64_t> labels{1, 4};
  EXPECT_EQ(test::error_of([&] {
              backend_->cross_entropy_backward({}, view(probabilities, {2, 4}), view(labels, {2}),
                                               {}, view(dloss, {1}), view(dx, {2, 4}));
            }),
            "cross_entropy: expected labels from 0 to 3, got 4 at row 1");
}

TEST_F(Reference, one_element_a_channel_has_no_variance) {
  std::vector<float> x(3), a(3), b(3), c(3), d(3), e(3), f(3), y(3);
  const Shape channels{3};
  EXPECT_EQ(test::error_of([&] {
              backend_->batch_norm({}, view(x, {1, 1, 1, 3}), view(a, channels), view(b, channels),
                                   {}, view(c, channels), view(d, channels), view(e, channels),
                                   view(f, channels), view(y, {1, 1, 1, 3}));
            }),
            "batch_norm: expected more than one element per channel in training, got x [1, 1, 1, "
            "3]");
}

TEST_F(Reference, casts_to_integers_cut_off_and_stop_at_the_ends) {
  std::vector<double> x{1.9, -1.9, 127.5, 200, -200, 1e30, -1e30, HUGE_VAL, NAN};
  std::vector<int8_t> small(x.size());
  std::vector<uint8_t> natural(x.size());
  std::vector<int64_t> large(x.size());
  backend_->cast(view(x, {9}), view(small, {9}));
  EXPECT_EQ(small, (std::vector<int8_t>{1, -1, 127, 127, -128, 127, -128, 127, 0}));
  backend_->cast(view(x, {9}), view(natural, {9}));
  EXPECT_EQ(natural, (std::vector<uint8_t>{1, 0, 127, 200, 0, 255, 0, 255, 0}));
  backend_->cast(view(x, {9}), view(large, {9}));
  EXPECT_EQ(large,
            (std::vector<int64_t>{1, -1, 127, 200, -200, INT64_MAX, INT64_MIN, INT64_MAX, 0}));
}

TEST_F(Reference, casts_between_reals_round_to_nearest) {
  std::vector<double> x{1 + 0x1p-24, 1 + 0x3p-24, 1e300, -0.1};
  std::vector<float> y(x.size());
  backend_->cast(view(x, {4}), view(y, {4}));
  EXPECT_EQ(y, (std::vector<float>{1, 1 + 0x1p-22F, HUGE_VALF, -0.1F}));
}

TEST_F(Reference, has_no_bf16_arithmetic) {
  std::vector<bf16> x(3), y(3);
  EXPECT_THROW(backend_->activation(Activation::relu, view(x, {3}), view(y, {3})), Unsupported);
}

TEST_F(Reference, fork_shares_the_memory) {
  const auto other = backend_->fork({.threads = 3});
  EXPECT_EQ(other->memory(), backend_->memory());
  EXPECT_EQ(other->device(), "reference");
  EXPECT_EQ(other->options().threads, 3);
}

}  // namespace
}  // namespace tailor
