#include "tensor/ops.h"
#include "verify/gradient.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

struct Input {
  Shape shape;
  Fill fill = reals();
};

struct GradientCase {
  Op op;
  std::string name;
  std::vector<Input> inputs;
  Function function;
};

using Inputs = const std::vector<Tensor>&;

/// No number lies near 0 or 6, where relu and relu6 have their kinks.
const Fill kBesideKinks = given({-1.5, 0.5, 2.25, 7.5, 5.5, -0.25, 6.5, 0.75});

Tensor constant(const std::vector<double>& pattern, const Shape& shape, const Tensor& like) {
  RandomStream random(0, Stream::init);
  return Tensor::from(given(pattern)(shape.count(), random), shape, like.backend());
}

/// Inputs x, weight, bias and perhaps residual; statistics of its own, so that calls are alike.
Function normalised(const BatchNorm& p, bool frozen) {
  return [=](Inputs v) {
    const Shape channels{v[0].shape().back()};
    const BatchNormTensors t{v[1], v[2], constant({0.25, -0.5}, channels, v[0]),
                             constant({0.5, 1.5}, channels, v[0])};
    const Tensor residual = v.size() > 3 ? v[3] : Tensor();
    return frozen ? batch_norm_frozen(v[0], t, p, residual) : batch_norm(v[0], t, p, residual);
  };
}

void add_products(std::vector<GradientCase>& cases) {
  const auto add_convolution = [&](const std::string& name, const Shape& x, const Shape& w,
                                   const Conv2d& p) {
    cases.push_back({Op::conv2d, name, {{x}, {w}, {{w[0]}}}, [p](Inputs v) {
                       return conv2d(v[0], v[1], p, v[2]);
                     }});
  };
  add_convolution("1x1", {2, 3, 2, 3}, {4, 1, 1, 3}, {});
  add_convolution("3x3_s2_p1", {1, 5, 6, 2}, {3, 3, 3, 2}, {2, 2, 1, 1, 1, 1});
  add_convolution("3x2_pads_differ", {1, 4, 5, 2}, {2, 3, 2, 2}, {1, 2, 0, 1, 2, 1});
  add_convolution("3x3_d2", {1, 6, 5, 2}, {2, 3, 3, 2}, {1, 1, 2, 2, 2, 2, 2, 2});
  add_convolution("3x3_p1_groups2", {1, 4, 4, 4}, {6, 3, 3, 2}, {1, 1, 1, 1, 1, 1, 1, 1, 2});
  add_convolution("depthwise_3x3_s2_p1", {1, 5, 4, 3}, {3, 3, 3, 1}, {2, 2, 1, 1, 1, 1, 1, 1, 3});

  cases.push_back({Op::matmul, "linear", {{{4, 5}}, {{3, 5}}, {{3}}}, [](Inputs v) {
                     return linear(v[0], v[1], v[2]);
                   }});
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) {
      const std::string name = fmt::format("matmul{}{}", a ? "_at" : "", b ? "_bt" : "");
      cases.push_back(
          {Op::matmul,
           name,
           {{a ? Shape{2, 5, 4} : Shape{2, 4, 5}}, {b ? Shape{2, 3, 5} : Shape{2, 5, 3}}},
           [a, b](Inputs v) {
             return matmul(v[0], v[1], {a, b});
           }});
    }
  }
}

void add_norms(std::vector<GradientCase>& cases) {
  const Shape x{2, 3, 2, 3};
  const std::vector<Input> plain = {{x}, {{3}, reals(2, 6)}, {{3}}};
  std::vector<Input> residual = plain;
  residual.push_back({x});
  const BatchNorm relu{.activation = Activation::relu}, relu6{.activation = Activation::relu6};
  for (const bool frozen : {false, true}) {
    const Op op = frozen ? Op::batch_norm_frozen : Op::batch_norm;
    cases.push_back({op, "plain", plain, normalised({}, frozen)});
    cases.push_back({op, "eps", plain, normalised({.eps = 0.1}, frozen)});
    cases.push_back({op, "relu", plain, normalised(relu, frozen)});
    cases.push_back({op, "residual_relu", residual, normalised(relu, frozen)});
    cases.push_back({op, "residual_relu6", residual, normalised(relu6, frozen)});
  }
}

void add_elementwise(std::vector<GradientCase>& cases) {
  const Shape x{2, 3, 2, 3};
  cases.push_back(
      {Op::activation, "relu", {{x, kBesideKinks}}, [](Inputs v) { return relu(v[0]); }});
  cases.push_back(
      {Op::activation, "relu6", {{x, kBesideKinks}}, [](Inputs v) { return relu6(v[0]); }});
  cases.push_back({Op::activation, "sigmoid", {{x}}, [](Inputs v) { return sigmoid(v[0]); }});
  cases.push_back({Op::add, "same_shape", {{x}, {x}}, [](Inputs v) { return add(v[0], v[1]); }});
  cases.push_back({Op::add, "channels", {{x}, {{3}}}, [](Inputs v) { return add(v[0], v[1]); }});
  cases.push_back({Op::dropout, "p0.4", {{x}}, [](Inputs v) { return dropout(v[0], {.p = 0.4}); }});
}

void add_pools(std::vector<GradientCase>& cases) {
  const Pool2d overlapping{3, 3, 2, 2, 1, 1, 1, 1}, tiles{2, 2, 2, 2};
  Pool2d excluding = overlapping;
  excluding.count_include_pad = false;
  const Shape x{1, 5, 6, 2};
  for (const auto& [name, p] : {std::pair{"3x3_s2_p1", overlapping}, std::pair{"2x2_s2", tiles}}) {
    cases.push_back({Op::max_pool2d, name, {{x, distinct()}}, [p = p](Inputs v) {
                       return max_pool2d(v[0], p);
                     }});
    cases.push_back(
        {Op::avg_pool2d, name, {{x}}, [p = p](Inputs v) { return avg_pool2d(v[0], p); }});
  }
  cases.push_back({Op::avg_pool2d, "3x3_s2_p1_pad_not_counted", {{x}}, [excluding](Inputs v) {
                     return avg_pool2d(v[0], excluding);
                   }});
  cases.push_back(
      {Op::global_avg_pool, "5x6", {{x}}, [](Inputs v) { return global_avg_pool(v[0]); }});
}

void add_losses(std::vector<GradientCase>& cases) {
  cases.push_back({Op::concat, "channels", {{{2, 3, 1}}, {{2, 3, 4}}, {{2, 3, 2}}}, [](Inputs v) {
                     return concat(v, 2);
                   }});
  cases.push_back({Op::softmax, "3x5", {{{3, 5}}}, [](Inputs v) { return softmax(v[0]); }});
  cases.push_back({Op::log_softmax, "3x5", {{{3, 5}}}, [](Inputs v) { return log_softmax(v[0]); }});
  for (const double smoothing : {0.0, 0.1}) {
    for (const bool weighted : {false, true}) {
      const auto function = [=](Inputs v) {
        const Tensor labels =
            Tensor::from<int64_t>(std::vector<int64_t>{0, 4, 2, 4}, {4}, v[0].backend());
        const Tensor weights = weighted ? constant({0.5, 2, 1}, {5}, v[0]) : Tensor();
        return cross_entropy(v[0], labels, {.label_smoothing = smoothing}, weights);
      };
      const std::string name = fmt::format("smoothing{}{}", smoothing, weighted ? "_weights" : "");
      cases.push_back({Op::cross_entropy, name, {{{4, 5}}}, function});
    }
  }
}

Result run_case(const GradientCase& test, const std::shared_ptr<Backend>& backend) {
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < test.inputs.size(); ++i) {
    RandomStream random(/*seed=*/1, Stream::init, /*item=*/i);
    const auto& [shape, fill] = test.inputs[i];
    inputs.push_back(Tensor::from(fill(shape.count(), random), shape, backend));
  }
  Result result{.op = test.op,
                .backward = true,
                .device = std::string(backend->device()),
                .dtype = DType::f64,
                .variant = "naive",
                .name = "gradient/" + test.name};
  const std::vector<Comparison> comparisons = check_gradient(test.function, inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    add_comparison(comparisons[i], fmt::format("gradient of input {}", i), inputs[i].shape(),
                   result);
  }
  return result;
}

}  // namespace

std::vector<Result> run_gradient_checks(const Options& options) {
  std::vector<GradientCase> cases;
  add_products(cases);
  add_norms(cases);
  add_elementwise(cases);
  add_pools(cases);
  add_losses(cases);
  std::vector<Result> results;
  const std::shared_ptr<Backend> backend = open_backend("reference", {.threads = 1});
  for (const GradientCase& test : cases) {
    if (selects(options, test.op, DType::f64, "naive")) results.push_back(run_case(test, backend));
  }
  return results;
}

}  // namespace tailor::verify
