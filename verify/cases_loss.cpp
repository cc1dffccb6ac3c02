#include <cmath>

#include "verify/bounds.h"
#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

struct Loss {
  std::string name;
  int64_t rows, classes;
  CrossEntropy p = {};
  bool weighted = false;
  Fill fill = reals(-4, 4);
  Fill labels = {};  ///< none: any

  Fill any_label() const { return labels ? labels : verify::labels(classes); }
  Shape class_weights() const { return weighted ? Shape{classes} : Shape(); }
};

std::vector<Loss> losses() {
  const CrossEntropy smooth{.label_smoothing = 0.1};
  return {
      {"one_row", 1, 10},
      {"one_class", 3, 1},
      {"one_class_smoothing", 3, 1, smooth},
      {"8x10", 8, 10},
      {"33x17", 33, 17},
      {"thousand_classes", 2, 1000},
      {"256_classes", 32, 256},
      {"thousand_classes_weights_smoothing", 2, 1000, smooth, true},
      {"many_rows_weights_smoothing", 531, 3, smooth, true},
      {"smoothing", 5, 7, smooth},
      {"weights", 5, 7, {}, true},
      {"weights_smoothing", 5, 7, smooth, true},
      {"large", 4, 5, {}, false, given({1e4, -1e4, 9999, 0, 1e4, -3})},
      {"large_smoothing", 4, 5, smooth, false, given({100, -100, 99, 0, 100, -3})},
      {"minus_infinity", 2, 3, {}, false, given({0, 1, -HUGE_VAL}), given({0, 1})},
  };
}

/// The sum over samples and classes of target * class weight * bound of log p, and one rounding for
/// each term; divided by the labels' weights.
Bound loss_bound(const Loss& test) {
  return [test](const Truth& truth, size_t) {
    const auto &x = truth.before[0], &labels = truth.before[1], &weights = truth.before[2];
    const std::vector<double> errors = log_softmax_bound()(truth, 0);
    const size_t rows = labels.size(), classes = static_cast<size_t>(test.classes);
    const auto weight = [&](size_t k) { return weights.empty() ? 1 : weights[k]; };
    double sum = 0, label_weights = 0;
    for (size_t row = 0; row < rows; ++row) {
      const size_t label = static_cast<size_t>(labels[row]);
      label_weights += weight(label);
      double exponentials = 0, maximum = -HUGE_VAL;
      for (size_t k = 0; k < classes; ++k) maximum = std::max(maximum, x[row * classes + k]);
      for (size_t k = 0; k < classes; ++k) {
        exponentials += std::exp(x[row * classes + k] - maximum);
      }
      for (size_t k = 0; k < classes; ++k) {
        const double target = (k == label ? 1 - test.p.label_smoothing : 0) +
                              test.p.label_smoothing / double(classes);
        if (target == 0) continue;
        const double log_p = x[row * classes + k] - maximum - std::log(exponentials);
        sum += target * weight(k) *
               (errors[row * classes + k] + double(rows * (classes + 1) + 6) * std::abs(log_p));
      }
    }
    return std::vector<double>{sum / label_weights};
  };
}

Case forward_case(const Loss& test) {
  const Shape x{test.rows, test.classes};
  return {
      .op = Op::cross_entropy,
      .name = test.name,
      .arguments = {in("x", x, test.fill), in("labels", DType::i64, {test.rows}, test.any_label()),
                    at_least_f32(in("class_weights", test.class_weights(), reals(0.5, 2))),
                    at_least_f32(out("loss", {1}, loss_bound(test))),
                    out("probabilities", x, softmax_bound())},
      .call = [p = test.p](Backend& b, Views v) {
        b.cross_entropy(p, v[0], v[1], v[2], v[3], v[4]);
      }};
}

/// dx = dloss / W * (p sum_j t_j c_j - t_k c_k), with the sums of N weights and C targets.
Bound gradient_bound(const Loss& test) {
  return [test](const Truth& truth, size_t) {
    const auto &p = truth.before[0], &labels = truth.before[1], &weights = truth.before[2];
    const size_t rows = labels.size(), classes = static_cast<size_t>(test.classes);
    const auto weight = [&](size_t k) { return weights.empty() ? 1 : weights[k]; };
    double label_weights = 0, all_weights = 0;
    for (const double label : labels) label_weights += weight(static_cast<size_t>(label));
    for (size_t k = 0; k < classes; ++k) all_weights += weight(k);
    const double soft = test.p.label_smoothing / double(classes);
    std::vector<double> bounds(p.size());
    for (size_t i = 0; i < p.size(); ++i) {
      const size_t label = static_cast<size_t>(labels[i / classes]), k = i % classes;
      const double hard = (1 - test.p.label_smoothing) * weight(label);
      const double sizes =
          hard * (p[i] + (k == label ? 1 : 0)) + soft * (p[i] * all_weights + weight(k));
      bounds[i] = std::abs(truth.before[3][0]) / label_weights * sizes * double(rows + classes + 6);
    }
    return bounds;
  };
}

Case backward_case(const Loss& test) {
  const Shape x{test.rows, test.classes};
  return {
      .op = Op::cross_entropy_backward,
      .name = test.name,
      .arguments = {in("probabilities", x, {}),
                    in("labels", DType::i64, {test.rows}, test.any_label()),
                    at_least_f32(in("class_weights", test.class_weights(), reals(0.5, 2))),
                    at_least_f32(in("dloss", {1}, given({0.75}))),
                    out("dx", x, gradient_bound(test)), in("x", x, test.fill)},
      .call = [p = test.p](Backend& b,
                           Views v) { b.cross_entropy_backward(p, v[0], v[1], v[2], v[3], v[4]); },
      .prepare = [](Backend& b, Views v) { b.softmax(v[5], v[0]); }};
}

/// The first label that is no class is told, though it is not the only one.
Case refused(const std::string& name, double label, Case (*case_of)(const Loss&)) {
  Case test =
      case_of({.name = name, .rows = 6, .classes = 4, .labels = given({0, 3, 1, label, 2, 9})});
  test.error = fmt::format("cross_entropy: expected labels from 0 to 3, got {} at row 3", label);
  return test;
}

/// Nor is it that of a later call, where a device tells of faults only when it is asked.
Case refused_twice(const std::string& name, double label) {
  Case test = refused(name, label, forward_case);
  test.arguments.push_back(in("later_labels", DType::i64, {6}, given({0, 9, 1, 2, 3, 0})));
  test.call = [](Backend& b, Views v) {
    b.cross_entropy({}, v[0], v[1], v[2], v[3], v[4]);
    b.cross_entropy({}, v[0], v[5], v[2], v[3], v[4]);
  };
  return test;
}

}  // namespace

void add_loss_cases(std::vector<Case>& cases) {
  for (const Loss& test : losses()) cases.push_back(forward_case(test));
  cases.push_back(refused("label_too_large", 4, forward_case));
  cases.push_back(refused_twice("label_negative", -1));
  for (const Loss& test : losses()) cases.push_back(backward_case(test));
  cases.push_back(refused("label_too_large", 4, backward_case));
}

}  // namespace tailor::verify
