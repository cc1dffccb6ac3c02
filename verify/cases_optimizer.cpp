#include <cmath>

#include "verify/bounds.h"
#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

/// The tensors that one call updates.
using Tensors = std::vector<Shape>;

/// A single number, a vector, and matrices of which one is more than a block of threads works on.
const Tensors kFew = {{1}, {37}, {12, 5}, {3, 733}};
/// Several blocks, each of them full.
const Tensors kLarge = {{64, 128}};
/// More than fit the arguments of one launch.
const Tensors kMany(701, Shape{5});

/// Part `number` of views or arguments of which each part has one for each tensor.
Views part(Views views, size_t number, const Tensors& tensors) {
  return views.subspan(number * tensors.size(), tensors.size());
}

/// sgd: params, then grads, then momentum buffers, each for all tensors. The update is a sum of a
/// few products of these.
Bound sgd_bound(const Sgd& p, size_t count, bool of_buffer) {
  return [=](const Truth& truth, size_t argument) {
    const size_t tensor = argument % count;
    const auto &params = truth.before[tensor], &grads = truth.before[tensor + count],
               &buffers = truth.before[tensor + 2 * count];
    std::vector<double> bounds(params.size());
    for (size_t i = 0; i < bounds.size(); ++i) {
      const double gradient = std::abs(grads[i]) + p.weight_decay * std::abs(params[i]);
      const double old = buffers.empty() || p.first_step ? 0 : std::abs(buffers[i]);
      const double velocity = p.momentum * old + gradient;
      const double step = p.nesterov ? gradient + p.momentum * velocity : velocity;
      bounds[i] = of_buffer ? 4 * velocity : 2 * std::abs(params[i]) + 8 * p.lr * step;
    }
    return bounds;
  };
}

void add_sgd(std::vector<Case>& cases, const std::string& name, const Sgd& p,
             const Tensors& tensors = kFew) {
  Case test{.op = Op::sgd, .name = name, .arguments = {}, .call = [=](Backend& b, Views v) {
              b.sgd(p, part(v, 0, tensors), part(v, 1, tensors), part(v, 2, tensors));
            }};
  const size_t count = tensors.size();
  for (const Shape& shape : tensors) {
    test.arguments.push_back(inout("params", shape, reals(), sgd_bound(p, count, false)));
  }
  for (const Shape& shape : tensors) test.arguments.push_back(in("grads", shape, reals()));
  for (const Shape& shape : tensors) {
    test.arguments.push_back(inout("momentum_buffers", p.momentum == 0 ? Shape() : shape, reals(),
                                   sgd_bound(p, count, true)));
  }
  cases.push_back(std::move(test));
}

/// adam: params, then grads, first and second moments. What the moments err by reaches the step
/// m / c1 / (sqrt(v / c2) + eps) directly, and through the square root by half.
enum class Of { param, exp_avg, exp_avg_sq };
Bound adam_bound(const Adam& p, size_t count, Of what) {
  return [=](const Truth& truth, size_t argument) {
    const size_t tensor = argument % count;
    const auto &params = truth.before[tensor], &grads = truth.before[tensor + count],
               &m = truth.before[tensor + 2 * count], &v = truth.before[tensor + 3 * count],
               &new_m = truth.after[tensor + 2 * count], &new_v = truth.after[tensor + 3 * count];
    const double c1 = 1 - std::pow(p.beta1, double(p.step));
    const double c2 = 1 - std::pow(p.beta2, double(p.step));
    std::vector<double> bounds(params.size());
    for (size_t i = 0; i < bounds.size(); ++i) {
      const double param = std::abs(params[i]);
      const double gradient = std::abs(grads[i]) + (p.decoupled ? 0 : p.weight_decay * param);
      const double m_error = 5 * (p.beta1 * std::abs(m[i]) + (1 - p.beta1) * gradient);
      const double v_error = 8 * (p.beta2 * v[i] + (1 - p.beta2) * gradient * gradient);
      if (what == Of::exp_avg) bounds[i] = m_error;
      if (what == Of::exp_avg_sq) bounds[i] = v_error;
      if (what != Of::param) continue;
      const double denominator = std::sqrt(new_v[i] / c2) + p.eps;
      const double relative = (v_error == 0 ? 0 : v_error / (2 * new_v[i])) + kFunctionError + 6;
      bounds[i] = 4 * param + p.lr / c1 / denominator * (m_error + relative * std::abs(new_m[i]));
    }
    return bounds;
  };
}

void add_adam(std::vector<Case>& cases, const std::string& name, const Adam& p,
              const Fill& grads = reals(), const Fill& m = reals(), const Fill& v = reals(0.25, 1),
              const Tensors& tensors = kFew) {
  Case test{.op = Op::adam, .name = name, .arguments = {}, .call = [=](Backend& b, Views views) {
              b.adam(p, part(views, 0, tensors), part(views, 1, tensors), part(views, 2, tensors),
                     part(views, 3, tensors));
            }};
  const size_t count = tensors.size();
  for (const Shape& shape : tensors) {
    test.arguments.push_back(inout("params", shape, reals(), adam_bound(p, count, Of::param)));
  }
  for (const Shape& shape : tensors) test.arguments.push_back(in("grads", shape, grads));
  for (const Shape& shape : tensors) {
    test.arguments.push_back(inout("exp_avgs", shape, m, adam_bound(p, count, Of::exp_avg)));
  }
  for (const Shape& shape : tensors) {
    test.arguments.push_back(inout("exp_avg_sqs", shape, v, adam_bound(p, count, Of::exp_avg_sq)));
  }
  cases.push_back(std::move(test));
}

}  // namespace

void add_optimizer_cases(std::vector<Case>& cases) {
  add_sgd(cases, "plain", {.lr = 0.1});
  add_sgd(cases, "weight_decay", {.lr = 0.1, .weight_decay = 0.01});
  add_sgd(cases, "momentum_first", {.lr = 0.1, .momentum = 0.9});
  add_sgd(cases, "momentum", {.lr = 0.1, .momentum = 0.9, .first_step = false});
  add_unaligned(cases);
  add_sgd(cases, "nesterov_first", {.lr = 0.1, .momentum = 0.9, .nesterov = true});
  add_sgd(
      cases, "nesterov",
      {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true, .first_step = false});
  add_sgd(cases, "large", {.lr = 0.1, .momentum = 0.9, .first_step = false}, kLarge);
  add_sgd(cases, "many_tensors", {.lr = 0.1, .momentum = 0.9, .first_step = false}, kMany);

  const Fill zero = given({0});
  add_adam(cases, "first", {.lr = 1e-3}, reals(), zero, zero);
  add_adam(cases, "zero_gradients", {.lr = 1e-3}, zero, zero, zero);
  add_adam(cases, "third", {.lr = 1e-2, .step = 3});
  add_adam(cases, "late", {.lr = 1e-3, .step = 100000});
  add_adam(cases, "betas_eps", {.lr = 1e-2, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .step = 2});
  add_adam(cases, "weight_decay", {.lr = 1e-2, .weight_decay = 0.05, .step = 2});
  add_adam(cases, "decoupled", {.lr = 1e-2, .weight_decay = 0.05, .decoupled = true, .step = 2});
  add_unaligned(cases);
  add_adam(cases, "large", {.lr = 1e-3}, reals(), reals(), reals(0.25, 1), kLarge);
  add_adam(cases, "many_tensors", {.lr = 1e-3}, reals(), reals(), reals(0.25, 1), kMany);
  add_adam(cases, "tiny_gradients", {.lr = 1e-3}, reals(1e-10, 1e-9), zero, zero);
}

}  // namespace tailor::verify
