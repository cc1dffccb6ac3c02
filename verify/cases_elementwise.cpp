#include <cmath>
#include <limits>

#include "verify/bounds.h"
#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// From one element, over no multiple of any vector, to more than one thread's share; and whole
/// blocks of threads.
const std::vector<Shape> kShapes = {{1}, {7}, {2, 3, 4, 5}, {1, 33, 17, 3}, {2, 8, 8, 16}};

struct Kind {
  Activation activation;
  std::string name;
};
const std::vector<Kind> kKinds = {{Activation::none, "none"},
                                  {Activation::relu, "relu"},
                                  {Activation::relu6, "relu6"},
                                  {Activation::sigmoid, "sigmoid"}};

const Fill kEdges = given({kNan, 0, -0.0, 6, 5.5, 6.5, -1, 1e-30, -1e-30, kInfinity, -kInfinity,
                           1e4, -1e4, 90, -90, 1e30, -1e30});

/// Of sigmoid(x): an exponential, a sum and a quotient.
Bound result_bound(Activation kind) {
  return kind == Activation::sigmoid ? relative_bound(kFunctionError + 2) : Bound();
}
/// Of dy * y * (1 - y).
Bound gradient_bound(Activation kind) {
  return kind == Activation::sigmoid ? relative_bound(3) : Bound();
}

void add_activation(std::vector<Case>& cases, const Kind& kind) {
  const auto add = [&](const std::string& name, const Shape& shape, const Fill& fill) {
    cases.push_back(
        {.op = Op::activation,
         .name = name,
         .arguments = {in("x", shape, fill), out("y", shape, result_bound(kind.activation))},
         .call = [k = kind.activation](Backend& b, Views v) { b.activation(k, v[0], v[1]); }});
  };
  for (const Shape& shape : kShapes) {
    add(kind.name + "/" + to_string(shape), shape, reals(-8, 8));
  }
  add(kind.name + "/edges", {51}, kEdges);
  if (kind.activation == Activation::relu) add_unaligned(cases);
  cases.push_back(
      {.op = Op::activation,
       .name = kind.name + "/in_place",
       .arguments = {inout("x", {2, 3, 4, 5}, reals(-8, 8), result_bound(kind.activation))},
       .call = [k = kind.activation](Backend& b, Views v) { b.activation(k, v[0], v[0]); }});
}

void add_activation_backward(std::vector<Case>& cases, const Kind& kind) {
  const auto add = [&](const std::string& name, const Shape& shape, const Fill& x) {
    cases.push_back(
        {.op = Op::activation_backward,
         .name = name,
         .arguments = {in("y", shape, {}), in("dy", shape, reals()),
                       out("dx", shape, gradient_bound(kind.activation)), in("x", shape, x)},
         .call = [k = kind.activation](Backend& b,
                                       Views v) { b.activation_backward(k, v[0], v[1], v[2]); },
         .prepare = [k = kind.activation](Backend& b, Views v) { b.activation(k, v[3], v[0]); }});
  };
  for (const Shape& shape : kShapes) {
    add(kind.name + "/" + to_string(shape), shape, reals(-8, 8));
  }
  add(kind.name + "/edges", {51}, kEdges);
  if (kind.activation == Activation::relu) add_unaligned(cases);
}

void add_sums(std::vector<Case>& cases) {
  const Call add = [](Backend& b, Views v) { b.add(v[0], v[1], v[2]); };
  for (const Shape& shape : kShapes) {
    add_sum_cases(cases, Op::add, to_string(shape), {{"a", shape}, {"b", shape}}, {"y", shape}, 1,
                  add);
  }
  // The last two in whole vectors, with threads beyond the channels and with rows for two blocks.
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 7}, Shape{2, 3, 4, 5}, Shape{1, 5, 5, 33},
                             Shape{3, 40}, Shape{17, 17, 8}}) {
    add_sum_cases(cases, Op::add, "channels_to_" + to_string(shape),
                  {{"a", shape}, {"b", {shape.back()}, true}}, {"y", shape}, 1, add);
  }
  add_unaligned(cases);
  const Shape shape{2, 3, 4, 5};
  const Call in_place = [](Backend& b, Views v) { b.add(v[0], v[1], v[0]); };
  cases.push_back({.op = Op::add,
                   .name = "in_place",
                   .arguments = {inout("a", shape, integers()), in("b", shape, integers())},
                   .call = in_place});
  cases.push_back(
      {.op = Op::add,
       .name = "channels_in_place",
       .arguments = {inout("a", shape, integers()), at_least_f32(in("b", {5}, integers()))},
       .call = in_place});
  cases.push_back({.op = Op::add,
                   .name = "nan",
                   .arguments = {in("a", {9}, given({kNan, 1, kInfinity})),
                                 in("b", {9}, given({1, kNan, -kInfinity})), out("y", {9})},
                   .call = add});

  for (const Shape& dy : {Shape{1, 1}, Shape{1, 7}, Shape{9, 1}, Shape{8, 10}, Shape{2, 3, 4, 5},
                          Shape{1, 16, 17, 33}, Shape{600, 8}, Shape{5, 40}, Shape{150, 64}}) {
    add_sum_cases(cases, Op::sum_to_channels, to_string(dy), {{"dy", dy}},
                  {"db", {dy.back()}, true}, double(dy.count() / dy.back()),
                  [](Backend& b, Views v) { b.sum_to_channels(v[0], v[1]); });
  }
  add_unaligned(cases);
}

}  // namespace

void add_elementwise_cases(std::vector<Case>& cases) {
  for (const Kind& kind : kKinds) add_activation(cases, kind);
  for (const Kind& kind : kKinds) add_activation_backward(cases, kind);
  add_sums(cases);
}

}  // namespace tailor::verify
