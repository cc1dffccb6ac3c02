// Optimisers: what changes parameters by their gradients.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace tailor::optim {

/// Parameters that share a learning-rate factor (lower layers may learn more slowly).
struct ParameterGroup {
  std::vector<Tensor> parameters;
  double lr_scale = 1;
};

/// What an optimiser keeps for one parameter.
struct ParameterState {
  Tensor parameter;
  std::array<Tensor, 2> buffers;  ///< the method's own, of the parameter's shape; made at need
  int64_t steps = 0;              ///< updates it has seen
};

/// One optimiser over its groups. A parameter without a gradient is left out of a step, as in
/// PyTorch, and its own count of steps does not move.
class Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// One update of every group with the learning rate lr * the group's lr_scale.
  void step(double lr);
  void zero_grad() const;

  /// For checkpoints: what the next step depends on, beside the parameters' own numbers. In the
  /// order of the groups.
  std::vector<ParameterState*> states();

 protected:
  /// buffers: how many tensors of its own shape the method keeps for a parameter, 0 to 2.
  Optimizer(std::vector<ParameterGroup> groups, size_t buffers);

  /// Parameters that are updated by one call: they have made the same number of steps.
  struct Update {
    std::vector<View> parameters;
    std::vector<View> gradients;
    std::array<std::vector<View>, 2> buffers;  ///< empty views where the method keeps none
  };
  /// number: of this step, from 1.
  virtual void update(Backend& backend, double lr, int64_t number, const Update& update) = 0;

 private:
  struct Group {
    std::vector<ParameterState> states;
    double lr_scale;
  };
  std::vector<Group> groups_;
  size_t buffers_;
};

struct SgdOptions {
  double momentum = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

/// torch.optim.SGD without dampening: g += weight_decay * theta; m = momentum * m + g (g at first);
/// theta -= lr * m, or lr * (g + momentum * m) with Nesterov's look-ahead (Sutskever et al., 2013).
class Sgd final : public Optimizer {
 public:
  explicit Sgd(std::vector<ParameterGroup> groups, const SgdOptions& options = {});

 private:
  void update(Backend& backend, double lr, int64_t number, const Update& update) override;
  SgdOptions options_;
};

struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
};

/// torch.optim.Adam (Kingma and Ba, 2015); weight_decay * theta is added to the gradient.
class Adam : public Optimizer {
 public:
  explicit Adam(std::vector<ParameterGroup> groups, const AdamOptions& options = {})
      : Adam(std::move(groups), options, false) {}

 protected:
  Adam(std::vector<ParameterGroup> groups, const AdamOptions& options, bool decoupled);

 private:
  void update(Backend& backend, double lr, int64_t number, const Update& update) override;
  AdamOptions options_;
  bool decoupled_;
};

/// torch.optim.AdamW (Loshchilov and Hutter, 2019): theta *= 1 - lr * weight_decay before the step.
class AdamW final : public Adam {
 public:
  explicit AdamW(std::vector<ParameterGroup> groups, const AdamOptions& options = {})
      : Adam(std::move(groups), options, true) {}
};

/// What a command line says about an optimiser.
struct OptimizerOptions {
  std::string name = "adam";  ///< "adam", "adamw", "sgd"
  double momentum = 0;        ///< of sgd
  double weight_decay = 0;
};

/// "adam", "adamw", "sgd"
std::vector<std::string> optimizer_names();

/// Throws UsageError for an unknown name.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options,
                                          std::vector<ParameterGroup> groups);

}  // namespace tailor::optim
