// Every case of golden/ops through the differentiable operations: outputs and gradients against
// PyTorch's in f64, on each device.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "tensor/ops.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"
#include "tests/support/golden_case.h"

namespace tailor {
namespace {

const std::filesystem::path kFile = test::golden_folder() / "ops" / "ops.h5";

struct Target {
  const char* device;
  DType dtype;
};

class GoldenOps : public ::testing::TestWithParam<std::tuple<Target, std::string>> {
 protected:
  GoldenOps() : target_(std::get<0>(GetParam())), golden_(kFile, std::get<1>(GetParam())) {}

  void SetUp() override {
    SKIP_WITHOUT(target_.device);
    backend_ = open_backend(target_.device);
  }

  Tensor on_device(const std::string& name) {
    const auto found = inputs_.find(name);
    if (found != inputs_.end()) return found->second;
    if (!golden_.has(name)) return {};
    const std::vector<double> values = golden_.values(name);
    const Shape shape = golden_.shape(name);
    Tensor tensor =
        target_.dtype == DType::f64
            ? Tensor::from(values, shape, backend_)
            : Tensor::from(std::vector<float>(values.begin(), values.end()), shape, backend_);
    if (golden_.has("grad_" + name)) tensor.set_requires_grad(true);
    return inputs_[name] = tensor;
  }
  Tensor integers_on_device(const std::string& name) {
    return Tensor::from(golden_.integers(name), golden_.shape(name), backend_);
  }

  static std::vector<double> to_doubles(const Tensor& tensor) {
    if (tensor.dtype() == DType::f64) return tensor.to_vector<double>();
    if (tensor.dtype() == DType::i64) {
      const auto values = tensor.to_vector<int64_t>();
      return {values.begin(), values.end()};
    }
    const auto values = tensor.to_vector<float>();
    return {values.begin(), values.end()};
  }

  /// f64: 1e-10 of the largest value. f32: the limit that golden/ops/README states for any order
  /// of summation, and equality where the case says that every f32 sum is exact.
  double limit() const {
    if (target_.dtype == DType::f64) return 1e-10;
    if (golden_.number("grid") != 0) return 0;
    return std::get<1>(GetParam()) == "batch_norm/train_large_mean" ? 5e-4 : 1e-5;
  }

  void expect_golden(const std::string& name, const Tensor& found) {
    ASSERT_TRUE(found.defined()) << name;
    ASSERT_EQ(to_string(found.shape()), to_string(golden_.shape(name))) << name;
    const std::vector<double> expected = golden_.values(name);
    const std::vector<double> values = to_doubles(found);
    double largest = 0;
    for (const double value : expected) {
      if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
    }
    const double bound = std::max(limit() * largest, limit() > 0 ? 1e-300 : 0.0);
    for (size_t i = 0; i < expected.size(); ++i) {
      if (std::isnan(expected[i])) {
        EXPECT_TRUE(std::isnan(values[i])) << name << "[" << i << "]";
      } else if (values[i] != expected[i]) {
        EXPECT_LE(std::abs(values[i] - expected[i]), bound) << name << "[" << i << "]";
      }
    }
    ++compared_;
  }

  void expect_output_and_gradients(const Tensor& y) {
    expect_golden("y", y);
    if (!golden_.has("grad_y")) return;
    y.backward(on_device("grad_y"));
    for (const auto& [name, input] : inputs_) {
      if (golden_.has("grad_" + name)) expect_golden("grad_" + name, input.grad());
    }
  }

  int attribute(const std::string& name, int otherwise = 0) const {
    return static_cast<int>(golden_.number(name, otherwise));
  }

  void run_conv2d() {
    const auto pad = golden_.numbers("pad");  // left, right, top, bottom
    const auto stride = golden_.numbers("stride");
    const auto dilation = golden_.numbers("dilation");
    const auto at = [](const std::vector<double>& v, size_t i) {
      return static_cast<int>(v.at(i));
    };
    const Conv2d p{.stride_h = at(stride, 0),
                   .stride_w = at(stride, 1),
                   .pad_top = at(pad, 2),
                   .pad_left = at(pad, 0),
                   .pad_bottom = at(pad, 3),
                   .pad_right = at(pad, 1),
                   .dilation_h = at(dilation, 0),
                   .dilation_w = at(dilation, 1),
                   .groups = attribute("groups")};
    expect_output_and_gradients(conv2d(on_device("x"), on_device("weight"), p, on_device("bias")));
  }

  void run_batch_norm(Activation activation) {
    const BatchNorm p{.eps = golden_.number("eps", 1e-5),
                      .momentum = golden_.number("momentum", 0.1),
                      .activation = activation};
    const BatchNormTensors t{on_device("weight"), on_device("bias"), on_device("running_mean"),
                             on_device("running_var")};
    const Tensor x = on_device("x");
    const Tensor residual = on_device("residual");
    if (golden_.number("expect_error") != 0) {
      EXPECT_THROW(batch_norm(x, t, p, residual), Error);
      ++compared_;
      return;
    }
    if (golden_.number("training") == 0) {
      return expect_output_and_gradients(batch_norm_frozen(x, t, p, residual));
    }
    expect_output_and_gradients(batch_norm(x, t, p, residual));
    expect_golden("running_mean_out", t.running_mean);
    expect_golden("running_var_out", t.running_var);
  }

  void run_pool(bool max) {
    const int kernel = attribute("kernel_size");
    const int stride = attribute("stride");
    const int pad = attribute("padding");
    const Pool2d p{.kernel_h = kernel,
                   .kernel_w = kernel,
                   .stride_h = stride,
                   .stride_w = stride,
                   .pad_top = pad,
                   .pad_left = pad,
                   .pad_bottom = pad,
                   .pad_right = pad,
                   .count_include_pad = attribute("count_include_pad", 1) != 0};
    const Tensor x = on_device("x");
    const Tensor y = max ? max_pool2d(x, p) : avg_pool2d(x, p);
    expect_output_and_gradients(y);
    if (!max) return;
    const Tensor indices = Tensor::empty(y.shape(), DType::i32, backend_);
    const Tensor again = Tensor::empty(y.shape(), y.dtype(), backend_);
    backend_->max_pool2d(p, x.view(), again.view(), indices.view());
    const auto found = indices.to_vector<int32_t>();
    EXPECT_EQ(std::vector<int64_t>(found.begin(), found.end()), golden_.integers("indices"));
  }

  void run_concat() {
    std::vector<Tensor> xs{on_device("a"), on_device("b")};
    if (golden_.has("c")) xs.push_back(on_device("c"));
    expect_output_and_gradients(concat(xs, attribute("dim")));
  }

  /// The random choice is not the golden's: forward and backward scale by the given mask alike.
  void run_dropout() {
    const std::vector<double> mask = golden_.values("mask");
    const Tensor kept = Tensor::from(std::vector<uint8_t>(mask.begin(), mask.end()),
                                     golden_.shape("mask"), backend_);
    const Dropout p{.p = golden_.number("p")};
    for (const auto& [from, to] : {std::pair{"x", "y"}, std::pair{"grad_y", "grad_x"}}) {
      const Tensor scaled = Tensor::empty(golden_.shape("x"), target_.dtype, backend_);
      backend_->dropout_backward(p, on_device(from).view(), kept.view(), scaled.view());
      expect_golden(to, scaled);
    }
  }

  void run_topk() {
    const auto [values, indices] = topk(on_device("x"), attribute("k"));
    expect_golden("values", values);
    EXPECT_EQ(indices.to_vector<int64_t>(), golden_.integers("indices"));
  }

  /// Three steps; the first and the last are compared.
  void run_optimizer(const std::string& op) {
    const Tensor param = on_device("param_0");
    const Shape shape = param.shape();
    const Tensor first = Tensor::zeros(shape, target_.dtype, backend_);
    const Tensor second = Tensor::zeros(shape, target_.dtype, backend_);
    const std::vector<double> betas = golden_.numbers("betas");
    for (int step = 1; step <= 3; ++step) {
      const Tensor grad = on_device("grad_" + std::to_string(step));
      const View params[] = {param.view()};
      const View grads[] = {grad.view()};
      const View firsts[] = {first.view()};
      const View seconds[] = {second.view()};
      if (op == "sgd") {
        backend_->sgd({.lr = golden_.number("lr"),
                       .momentum = golden_.number("momentum"),
                       .weight_decay = golden_.number("weight_decay"),
                       .nesterov = golden_.number("nesterov") != 0,
                       .first_step = step == 1},
                      params, grads, firsts);
      } else {
        backend_->adam({.lr = golden_.number("lr"),
                        .beta1 = betas.at(0),
                        .beta2 = betas.at(1),
                        .eps = golden_.number("eps"),
                        .weight_decay = golden_.number("weight_decay"),
                        .decoupled = op == "adamw",
                        .step = step},
                       params, grads, firsts, seconds);
      }
      const std::string suffix = "_" + std::to_string(step);
      if (golden_.has("param" + suffix)) expect_golden("param" + suffix, param);
      if (golden_.has("momentum_buffer" + suffix)) expect_golden("momentum_buffer" + suffix, first);
      if (golden_.has("exp_avg" + suffix)) expect_golden("exp_avg" + suffix, first);
      if (golden_.has("exp_avg_sq" + suffix)) expect_golden("exp_avg_sq" + suffix, second);
    }
  }

  void run(const std::string& op) {
    using Run = std::function<void()>;
    const auto unary = [this](Tensor (*f)(const Tensor&)) -> Run {
      return [this, f] { expect_output_and_gradients(f(on_device("x"))); };
    };
    const std::map<std::string, Run> runs{
        {"conv2d", [&] { run_conv2d(); }},
        {"linear",
         [&] {
           expect_output_and_gradients(
               linear(on_device("x"), on_device("weight"), on_device("bias")));
         }},
        {"matmul",
         [&] {
           const Matmul p{attribute("transpose_a") != 0, attribute("transpose_b") != 0};
           expect_output_and_gradients(matmul(on_device("a"), on_device("b"), p));
         }},
        {"batch_norm", [&] { run_batch_norm(Activation::none); }},
        {"batch_norm_relu", [&] { run_batch_norm(Activation::relu); }},
        {"batch_norm_add_relu", [&] { run_batch_norm(Activation::relu); }},
        {"relu", unary(relu)},
        {"relu6", unary(relu6)},
        {"sigmoid", unary(sigmoid)},
        {"add", [&] { expect_output_and_gradients(add(on_device("input"), on_device("other"))); }},
        {"dropout", [&] { run_dropout(); }},
        {"max_pool2d", [&] { run_pool(true); }},
        {"avg_pool2d", [&] { run_pool(false); }},
        {"global_avg_pool", unary(global_avg_pool)},
        {"concat", [&] { run_concat(); }},
        {"flatten", unary(flatten)},
        {"softmax", unary(softmax)},
        {"log_softmax", unary(log_softmax)},
        {"cross_entropy",
         [&] {
           expect_output_and_gradients(cross_entropy(
               on_device("x"), integers_on_device("target"),
               {.label_smoothing = golden_.number("label_smoothing")}, on_device("weight")));
         }},
        {"argmax", [&] { expect_golden("y", argmax(on_device("x"))); }},
        {"topk", [&] { run_topk(); }},
        {"sgd", [&] { run_optimizer(op); }},
        {"adam", [&] { run_optimizer(op); }},
        {"adamw", [&] { run_optimizer(op); }},
    };
    ASSERT_TRUE(runs.contains(op)) << "no test for golden operation " << op;
    runs.at(op)();
    EXPECT_GT(compared_, 0);
  }

  Target target_;
  test::GoldenCase golden_;
  std::shared_ptr<Backend> backend_;
  std::map<std::string, Tensor> inputs_;
  int compared_ = 0;
};

TEST_P(GoldenOps, MatchPyTorch) {
  const std::string& group = std::get<1>(GetParam());
  run(group.substr(0, group.find('/')));
}

INSTANTIATE_TEST_SUITE_P(
    All, GoldenOps,
    ::testing::Combine(::testing::Values(Target{"reference", DType::f64},
                                         Target{"reference", DType::f32}, Target{"cpu", DType::f32},
                                         Target{"simt", DType::f32}, Target{"cuda", DType::f32}),
                       ::testing::ValuesIn(test::GoldenCase::groups(kFile))),
    [](const auto& param) {
      const Target& target = std::get<0>(param.param);
      std::string name =
          fmt::format("{}_{}_{}", target.device, name_of(target.dtype), std::get<1>(param.param));
      std::replace(name.begin(), name.end(), '/', '_');
      return name;
    });

TEST(GoldenOpsFile, HoldsAllCases) { EXPECT_EQ(test::GoldenCase::groups(kFile).size(), 104U); }

}  // namespace
}  // namespace tailor
