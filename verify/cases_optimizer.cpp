#include <cmath>

#include "verify/bounds.h"
#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

/// The tensors that one call updates: a single number, a vector and a matrix.
const std::vector<Shape> kTensors = {{1}, {37}, {12, 5}};

Views part(Views views, size_t number) {
  return views.subspan(number * kTensors.size(), kTensors.size());
}

/// sgd: params, then grads, then momentum buffers, each for all tensors. The update is a sum of a
/// few products of these.
Bound sgd_bound(const Sgd& p, bool of_buffer) {
  return [=](const Truth& truth, size_t argument) {
    const size_t tensor = argument % kTensors.size();
    const auto &params = truth.before[tensor], &grads = truth.before[tensor + kTensors.size()],
               &buffers = truth.before[tensor + 2 * kTensors.size()];
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

void add_sgd(std::vector<Case>& cases, const std::string& name, const Sgd& p) {
  Case test{.op = Op::sgd, .name = name, .arguments = {}, .call = [p](Backend& b, Views v) {
              b.sgd(p, part(v, 0), part(v, 1), part(v, 2));
            }};
  for (const Shape& shape : kTensors) {
    test.arguments.push_back(inout("params", shape, reals(), sgd_bound(p, false)));
  }
  for (const Shape& shape : kTensors) test.arguments.push_back(in("grads", shape, reals()));
  for (const Shape& shape : kTensors) {
    test.arguments.push_back(
        inout("momentum_buffers", p.momentum == 0 ? Shape() : shape, reals(), sgd_bound(p, true)));
  }
  cases.push_back(std::move(test));
}

/// adam: params, then grads, first and second moments. What the moments err by reaches the step
/// m / c1 / (sqrt(v / c2) + eps) directly, and through the square root by half.
enum class Of { param, exp_avg, exp_avg_sq };
Bound adam_bound(const Adam& p, Of what) {
  return [=](const Truth& truth, size_t argument) {
    const size_t count = kTensors.size(), tensor = argument % count;
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
              const Fill& grads = reals(), const Fill& m = reals(),
              const Fill& v = reals(0.25, 1)) {
  Case test{.op = Op::adam, .name = name, .arguments = {}, .call = [p](Backend& b, Views views) {
              b.adam(p, part(views, 0), part(views, 1), part(views, 2), part(views, 3));
            }};
  for (const Shape& shape : kTensors) {
    test.arguments.push_back(inout("params", shape, reals(), adam_bound(p, Of::param)));
  }
  for (const Shape& shape : kTensors) test.arguments.push_back(in("grads", shape, grads));
  for (const Shape& shape : kTensors) {
    test.arguments.push_back(inout("exp_avgs", shape, m, adam_bound(p, Of::exp_avg)));
  }
  for (const Shape& shape : kTensors) {
    test.arguments.push_back(inout("exp_avg_sqs", shape, v, adam_bound(p, Of::exp_avg_sq)));
  }
  cases.push_back(std::move(test));
}

}  // namespace

void add_optimizer_cases(std::vector<Case>& cases) {
  add_sgd(cases, "plain", {.lr = 0.1});
  add_sgd(cases, "weight_decay", {.lr = 0.1, .weight_decay = 0.01});
  add_sgd(cases, "momentum_first", {.lr = 0.1, .momentum = 0.9});
  add_sgd(cases, "momentum", {.lr = 0.1, .momentum = 0.9, .first_step = false});
  add_sgd(cases, "nesterov_first", {.lr = 0.1, .momentum = 0.9, .nesterov = true});
  add_sgd(
      cases, "nesterov",
      {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true, .first_step = false});

  const Fill zero = given({0});
  add_adam(cases, "first", {.lr = 1e-3}, reals(), zero, zero);
  add_adam(cases, "zero_gradients", {.lr = 1e-3}, zero, zero, zero);
  add_adam(cases, "third", {.lr = 1e-2, .step = 3});
  add_adam(cases, "late", {.lr = 1e-3, .step = 100000});
  add_adam(cases, "betas_eps", {.lr = 1e-2, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .step = 2});
  add_adam(cases, "weight_decay", {.lr = 1e-2, .weight_decay = 0.05, .step = 2});
  add_adam(cases, "decoupled", {.lr = 1e-2, .weight_decay = 0.05, .decoupled = true, .step = 2});
  add_adam(cases, "tiny_gradients", {.lr = 1e-3}, reals(1e-10, 1e-9), zero, zero);
}

}  // namespace tailor::verify
