#include <cmath>
#include <limits>

#include "verify/bounds.h"
#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Logits {
  std::string name;
  Shape shape;
  Fill fill = reals(-4, 4);
};

std::vector<Logits> logits() {
  return {
      {"one_class", {3, 1}},
      {"one_row", {1, 7}},
      {"4x10", {4, 10}},
      {"thousand_classes", {3, 1000}},
      {"2x3x17", {2, 3, 17}},
      {"many_rows", {531, 3}},
      {"1030_classes", {2, 1030}},
      {"256_classes", {32, 256}},
      {"264_classes", {3, 264}},
      {"large", {4, 5}, given({1e4, -1e4, 9999, 0, 1e4, -3})},
      {"minus_infinity", {2, 8}, given({0, -HUGE_VAL, 1})},
      {"nan", {2, 8}, given({0, -1, kNan, 1, 2})},
  };
}

void add_forward(std::vector<Case>& cases, const Logits& test) {
  cases.push_back(
      {.op = Op::softmax,
       .name = test.name,
       .arguments = {in("x", test.shape, test.fill), out("y", test.shape, softmax_bound())},
       .call = [](Backend& b, Views v) { b.softmax(v[0], v[1]); }});
  cases.push_back(
      {.op = Op::log_softmax,
       .name = test.name,
       .arguments = {in("x", test.shape, test.fill), out("y", test.shape, log_softmax_bound())},
       .call = [](Backend& b, Views v) { b.log_softmax(v[0], v[1]); }});
}

/// dx = y (dy - sum y dy)
Bound softmax_backward_bound() {
  return [](const Truth& truth, size_t argument) {
    const auto &y = truth.before[0], &dy = truth.before[1];
    const size_t classes = static_cast<size_t>(truth.test.arguments[0].shape.back());
    std::vector<double> bounds(truth.after[argument].size());
    for (size_t row = 0; row < bounds.size(); row += classes) {
      double sum = 0;
      for (size_t i = row; i < row + classes; ++i) sum += std::abs(y[i] * dy[i]);
      for (size_t i = row; i < row + classes; ++i) {
        bounds[i] = double(classes + 2) * std::abs(y[i]) * (std::abs(dy[i]) + sum);
      }
    }
    return bounds;
  };
}

/// dx = dy - exp(y) sum dy
Bound log_softmax_backward_bound() {
  return [](const Truth& truth, size_t argument) {
    const auto &y = truth.before[0], &dy = truth.before[1];
    const size_t classes = static_cast<size_t>(truth.test.arguments[0].shape.back());
    std::vector<double> bounds(truth.after[argument].size());
    for (size_t row = 0; row < bounds.size(); row += classes) {
      double sum = 0;
      for (size_t i = row; i < row + classes; ++i) sum += std::abs(dy[i]);
      for (size_t i = row; i < row + classes; ++i) {
        bounds[i] = std::abs(dy[i]) + (double(classes) + kFunctionError + 2) * std::exp(y[i]) * sum;
      }
    }
    return bounds;
  };
}

void add_backward(std::vector<Case>& cases, const Logits& test) {
  cases.push_back({.op = Op::softmax_backward,
                   .name = test.name,
                   .arguments = {in("y", test.shape, {}), in("dy", test.shape, reals()),
                                 out("dx", test.shape, softmax_backward_bound()),
                                 in("x", test.shape, test.fill)},
                   .call = [](Backend& b, Views v) { b.softmax_backward(v[0], v[1], v[2]); },
                   .prepare = [](Backend& b, Views v) { b.softmax(v[3], v[0]); }});
  cases.push_back({.op = Op::log_softmax_backward,
                   .name = test.name,
                   .arguments = {in("y", test.shape, {}), in("dy", test.shape, reals()),
                                 out("dx", test.shape, log_softmax_backward_bound()),
                                 in("x", test.shape, test.fill)},
                   .call = [](Backend& b, Views v) { b.log_softmax_backward(v[0], v[1], v[2]); },
                   .prepare = [](Backend& b, Views v) { b.log_softmax(v[3], v[0]); }});
}

}  // namespace

void add_softmax_cases(std::vector<Case>& cases) {
  for (const Logits& test : logits()) add_forward(cases, test);
  for (const Logits& test : logits()) add_backward(cases, test);
}

}  // namespace tailor::verify
