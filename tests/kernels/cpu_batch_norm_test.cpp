// Statistics of many rows on the CPU: in f32 what double gives.
#include <gtest/gtest.h>

#include <cmath>

#include "tensor/tensor.h"

namespace tailor {
namespace {

struct Distribution {
  double mean, deviation;
};

class CpuStatistics : public ::testing::TestWithParam<Distribution> {};

TEST_P(CpuStatistics, AreThoseOfDouble) {
  const auto [centre, deviation] = GetParam();
  const int64_t rows = 40013, channels = 19;  // several parts, no multiple of a vector
  RandomStream random(1, Stream::init);
  std::vector<float> x(static_cast<size_t>(rows * channels));
  for (size_t i = 0; i < x.size(); ++i) {
    // A third of the rows, the first ones, lie apart: no sample of neighbours tells the mean.
    const double apart = i < x.size() / 3 ? 3 : 0;
    x[i] = static_cast<float>(centre + deviation * (apart + 2 * random.uniform() - 1));
  }

  const auto backend = open_backend("cpu");
  const auto tensor = [&](double value) {
    return Tensor::from(std::vector<float>(channels, static_cast<float>(value)), {channels},
                        backend);
  };
  const Tensor input = Tensor::from(x, {rows, channels}, backend);
  const Tensor y = Tensor::empty(input.shape(), DType::f32, backend);
  const Tensor weight = tensor(1), bias = tensor(0), mean = tensor(0), var = tensor(0);
  const Tensor saved_mean = tensor(0), saved_rstd = tensor(0);
  backend->batch_norm({.eps = 0, .momentum = 1}, input.view(), weight.view(), bias.view(), {},
                      mean.view(), var.view(), saved_mean.view(), saved_rstd.view(), y.view());

  const auto means = mean.to_vector<float>();
  const auto vars = var.to_vector<float>();
  const auto rstds = saved_rstd.to_vector<float>();
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (int64_t row = 0; row < rows; ++row) sum += x[static_cast<size_t>(row * channels + c)];
    const double expected_mean = sum / static_cast<double>(rows);
    for (int64_t row = 0; row < rows; ++row) {
      squares += std::pow(x[static_cast<size_t>(row * channels + c)] - expected_mean, 2);
    }
    const double expected_var = squares / static_cast<double>(rows - 1);
    const auto at = static_cast<size_t>(c);
    EXPECT_NEAR(means[at], expected_mean, 1e-7 * std::abs(expected_mean));
    EXPECT_NEAR(vars[at], expected_var, 1e-6 * expected_var);
    EXPECT_NEAR(rstds[at], 1 / std::sqrt(squares / static_cast<double>(rows)),
                1e-6 / std::sqrt(expected_var));
  }
}

INSTANTIATE_TEST_SUITE_P(All, CpuStatistics,
                         ::testing::Values(Distribution{0, 1}, Distribution{1000, 0.25},
                                           Distribution{-3, 100}));

}  // namespace
}  // namespace tailor
