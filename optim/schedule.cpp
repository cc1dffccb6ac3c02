#include "optim/schedule.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/api/error.h"

namespace tailor::optim {
namespace {

/// Half a cosine from `from` at share 0 to `to` at share 1.
double half_cosine(double from, double to, double share) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * share)) / 2;
}

}  // namespace

Schedule constant(double lr) {
  return [lr](int64_t) { return lr; };
}

Schedule step_decay(double lr, int64_t every, double gamma) {
  return [=](int64_t step) { return lr * std::pow(gamma, static_cast<double>(step / every)); };
}

Schedule cosine(double lr, int64_t total, int64_t warmup) {
  return [=](int64_t step) {
    if (step < warmup) return lr * static_cast<double>(step + 1) / static_cast<double>(warmup);
    const double share = static_cast<double>(step - warmup) / static_cast<double>(total - warmup);
    return half_cosine(lr, 0, std::min(share, 1.0));
  };
}

Schedule one_cycle(double lr, int64_t total, const OneCycle& options) {
  const double first = lr / options.start_divisor;
  const double last = first / options.final_divisor;
  const double peak = options.warmup_share * static_cast<double>(total) - 1;
  const double end = static_cast<double>(total - 1);
  return [=](int64_t step) {
    const auto t = static_cast<double>(step);
    if (t <= peak) return half_cosine(first, lr, t / peak);
    return half_cosine(lr, last, std::min((t - peak) / (end - peak), 1.0));
  };
}

std::vector<std::string> schedule_names() { return {"constant", "step", "cosine", "onecycle"}; }

Schedule make_schedule(const std::string& name, double lr, int64_t total) {
  if (name == "constant") return constant(lr);
  if (name == "step") return step_decay(lr, (total + 2) / 3);
  if (name == "cosine") return cosine(lr, total, total / 20);
  if (name == "onecycle") return one_cycle(lr, total);
  throw UsageError("--schedule: expected one of {}, got {}", fmt::join(schedule_names(), ", "),
                   name);
}

}  // namespace tailor::optim
