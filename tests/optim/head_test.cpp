// Twenty steps of a linear classifier under every optimiser and loss, against PyTorch's.
#include <gtest/gtest.h>

#include <filesystem>
#include <span>

#include "io/hdf5.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "tensor/ops.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"

namespace tailor::optim {
namespace {

constexpr int kSteps = 20;
constexpr int64_t kWarmup = 5;

std::filesystem::path golden_file() { return test::golden_folder() / "networks" / "head.h5"; }

std::unique_ptr<Optimizer> make_golden(const std::string& name, std::vector<ParameterGroup> group) {
  if (name == "sgd") return std::make_unique<Sgd>(std::move(group));
  if (name == "sgd_nesterov_wd") {
    return std::make_unique<Sgd>(
        std::move(group), SgdOptions{.momentum = 0.9, .weight_decay = 1e-2, .nesterov = true});
  }
  const AdamOptions decay{.weight_decay = 1e-2};
  if (name == "adamw") return std::make_unique<AdamW>(std::move(group), decay);
  return std::make_unique<Adam>(std::move(group), name == "adam_l2" ? decay : AdamOptions{});
}

Schedule golden_schedule(const std::string& name) {
  if (name == "adam_warmup_cosine") return cosine(1e-2, kSteps, kWarmup);
  return constant(name.starts_with("sgd") ? 0.1 : 1e-2);
}

/// Device and dtype, and how far from PyTorch's f64 numbers a trajectory may end.
struct Where {
  std::string device;
  DType dtype;
  double tolerance;
};

class HeadTest : public ::testing::TestWithParam<std::tuple<Where, std::string, std::string>> {
 protected:
  void SetUp() override {
    SKIP_WITHOUT(where_.device);
    backend_ = open_backend(where_.device);
  }
  template <class T>
  std::vector<T> read(const std::string& dataset) const {
    std::vector<T> values(static_cast<size_t>(golden_.datasets().at(dataset).shape.count()));
    golden_.read(dataset, std::as_writable_bytes(std::span(values)));
    return values;
  }
  Tensor load(const std::string& dataset) const {
    const NoGrad guard;
    const Tensor exact =
        Tensor::from(read<double>(dataset), golden_.datasets().at(dataset).shape, reference_);
    return (where_.dtype == DType::f64 ? exact : cast(exact, where_.dtype)).to(backend_);
  }
  std::vector<double> as_doubles(const Tensor& tensor) const {
    if (tensor.dtype() == DType::f64) return tensor.to_vector<double>();
    const std::vector<float> values = tensor.to_vector<float>();
    return {values.begin(), values.end()};
  }
  void expect_close(const std::vector<double>& found, const std::vector<double>& expected,
                    const std::string& what) const {
    ASSERT_EQ(found.size(), expected.size()) << what;
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(found[i], expected[i], where_.tolerance) << what << "[" << i << "]";
    }
  }

  const io::Hdf5Reader golden_{golden_file()};
  const Where where_ = std::get<0>(GetParam());
  const std::shared_ptr<Backend> reference_ = open_backend("reference");
  std::shared_ptr<Backend> backend_;
};

TEST_P(HeadTest, FollowsPyTorch) {
  const auto& [where, optimizer_name, loss_name] = GetParam();
  const std::string group = optimizer_name + loss_name + "/";
  const Tensor x = load("X");
  const std::vector<int64_t> labels = read<int64_t>("y");
  const Tensor y = Tensor::from(labels, {static_cast<int64_t>(labels.size())}, backend_);
  Tensor weight = load("W");
  Tensor bias = load("b");
  weight.set_requires_grad(true);
  bias.set_requires_grad(true);
  const CrossEntropy loss_options{.label_smoothing = loss_name.empty() ? 0 : 0.1};
  const Tensor class_weights = loss_name.ends_with("weighted") ? load("class_weights") : Tensor();

  const auto optimizer = make_golden(optimizer_name, {{{weight, bias}}});
  const Schedule schedule = golden_schedule(optimizer_name);
  std::vector<double> losses;
  std::vector<double> rates;
  for (int step = 0; step < kSteps; ++step) {
    optimizer->zero_grad();
    const Tensor loss = cross_entropy(linear(x, weight, bias), y, loss_options, class_weights);
    loss.backward();
    losses.push_back(as_doubles(loss).front());
    rates.push_back(schedule(step));
    optimizer->step(rates.back());
  }
  const std::vector<double> expected_rates = read<double>(group + "learning_rate");
  for (size_t t = 0; t < expected_rates.size(); ++t) {
    EXPECT_NEAR(rates[t], expected_rates[t], 1e-17) << t;
  }
  expect_close(losses, read<double>(group + "loss"), "loss");
  expect_close(as_doubles(weight), read<double>(group + "W"), "W");
  expect_close(as_doubles(bias), read<double>(group + "b"), "b");
}

INSTANTIATE_TEST_SUITE_P(All, HeadTest,
                         ::testing::Combine(::testing::Values(Where{"reference", DType::f64, 1e-8},
                                                              Where{"reference", DType::f32, 1e-5},
                                                              Where{"cpu", DType::f32, 1e-5},
                                                              Where{"simt", DType::f32, 1e-5},
                                                              Where{"cuda", DType::f32, 1e-5}),
                                            ::testing::Values("sgd", "sgd_nesterov_wd", "adam",
                                                              "adam_l2", "adamw",
                                                              "adam_warmup_cosine"),
                                            ::testing::Values("", "_smooth", "_smooth_weighted")),
                         [](const auto& run) {
                           const Where& where = std::get<0>(run.param);
                           return fmt::format("{}_{}_{}{}", where.device, name_of(where.dtype),
                                              std::get<1>(run.param), std::get<2>(run.param));
                         });

}  // namespace
}  // namespace tailor::optim
