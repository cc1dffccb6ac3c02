#include "optim/optimizer.h"

#include <fmt/ranges.h>

#include <map>

namespace tailor::optim {

Optimizer::Optimizer(std::vector<ParameterGroup> groups, size_t buffers) : buffers_(buffers) {
  for (ParameterGroup& group : groups) {
    Group& added = groups_.emplace_back(Group{{}, group.lr_scale});
    for (Tensor& parameter : group.parameters) added.states.push_back({std::move(parameter), {}});
  }
}

void Optimizer::step(double lr) {
  for (Group& group : groups_) {
    std::map<int64_t, Update> updates;  // by number of the step
    Backend* backend = nullptr;
    for (ParameterState& state : group.states) {
      const Tensor& parameter = state.parameter;
      if (!parameter.grad().defined()) continue;
      backend = parameter.grad().backend().get();  // the stream on which backward ran
      Update& update = updates[++state.steps];
      update.parameters.push_back(parameter.view());
      update.gradients.push_back(parameter.grad().view());
      for (size_t i = 0; i < state.buffers.size(); ++i) {
        Tensor& buffer = state.buffers[i];
        if (i < buffers_ && !buffer.defined()) {
          buffer = Tensor::zeros(parameter.shape(), parameter.dtype(), parameter.backend());
        }
        update.buffers[i].push_back(buffer.view());
      }
    }
    for (const auto& [number, update] : updates) {
      this->update(*backend, lr * group.lr_scale, number, update);
    }
  }
}

void Optimizer::zero_grad() const {
  for (const Group& group : groups_) {
    for (const ParameterState& state : group.states) state.parameter.zero_grad();
  }
}

std::vector<ParameterState*> Optimizer::states() {
  std::vector<ParameterState*> all;
  for (Group& group : groups_) {
    for (ParameterState& state : group.states) all.push_back(&state);
  }
  return all;
}

Sgd::Sgd(std::vector<ParameterGroup> groups, const SgdOptions& options)
    : Optimizer(std::move(groups), options.momentum != 0 ? 1 : 0), options_(options) {}

void Sgd::update(Backend& backend, double lr, int64_t number, const Update& update) {
  backend.sgd({.lr = lr,
               .momentum = options_.momentum,
               .weight_decay = options_.weight_decay,
               .nesterov = options_.nesterov,
               .first_step = number == 1},
              update.parameters, update.gradients, update.buffers[0]);
}

Adam::Adam(std::vector<ParameterGroup> groups, const AdamOptions& options, bool decoupled)
    : Optimizer(std::move(groups), 2), options_(options), decoupled_(decoupled) {}

void Adam::update(Backend& backend, double lr, int64_t number, const Update& update) {
  backend.adam({.lr = lr,
                .beta1 = options_.beta1,
                .beta2 = options_.beta2,
                .eps = options_.eps,
                .weight_decay = options_.weight_decay,
                .decoupled = decoupled_,
                .step = number},
               update.parameters, update.gradients, update.buffers[0], update.buffers[1]);
}

std::vector<std::string> optimizer_names() { return {"adam", "adamw", "sgd"}; }

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options,
                                          std::vector<ParameterGroup> groups) {
  const AdamOptions adam{.weight_decay = options.weight_decay};
  if (options.name == "adam") return std::make_unique<Adam>(std::move(groups), adam);
  if (options.name == "adamw") return std::make_unique<AdamW>(std::move(groups), adam);
  if (options.name == "sgd") {
    return std::make_unique<Sgd>(
        std::move(groups),
        SgdOptions{.momentum = options.momentum, .weight_decay = options.weight_decay});
  }
  throw UsageError("--optimizer: expected one of {}, got {}", fmt::join(optimizer_names(), ", "),
                   options.name);
}

}  // namespace tailor::optim
