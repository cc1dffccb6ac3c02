// Learning rates as plain functions of the step, counted from 0.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tailor::optim {

/// The learning rate of step t.
using Schedule = std::function<double(int64_t step)>;

Schedule constant(double lr);

/// lr * gamma^floor(t / every), torch.optim.lr_scheduler.StepLR with steps for epochs.
Schedule step_decay(double lr, int64_t every, double gamma = 0.1);

/// Linear warm-up lr (t + 1) / warmup for t < warmup (Goyal et al., "Accurate, large minibatch
/// SGD", 2017), then half a cosine down to 0 at step `total` (Loshchilov and Hutter, "SGDR", 2017).
Schedule cosine(double lr, int64_t total, int64_t warmup = 0);

struct OneCycle {
  double warmup_share = 0.3;   ///< of the steps, in which the rate rises
  double start_divisor = 25;   ///< the first rate is lr / start_divisor
  double final_divisor = 1e4;  ///< the last one is the first / final_divisor
};

/// From a low rate up to lr and down to almost nothing, both along a half cosine (Smith and Topin,
/// "Super-convergence", 2018), with the phases of torch.optim.lr_scheduler.OneCycleLR; momentum
/// does not cycle.
Schedule one_cycle(double lr, int64_t total, const OneCycle& options = {});

/// "constant", "step", "cosine", "onecycle"
std::vector<std::string> schedule_names();

/// By name, for a run of `total` steps: "step" divides the rate by ten after each third of the run,
/// "cosine" warms up over the first twentieth. Throws UsageError for an unknown name.
Schedule make_schedule(const std::string& name, double lr, int64_t total);

}  // namespace tailor::optim
