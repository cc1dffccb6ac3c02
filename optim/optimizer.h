// Optimisers: what changes parameters by their gradients.
#pragma once

#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace tailor::optim {

/// Parameters that share a learning-rate factor (lower layers may learn more slowly).
struct ParameterGroup {
  std::vector<Tensor> parameters;
  double lr_scale = 1;
};

/// One optimiser over its groups; parameters without a gradient are skipped in a step.
class Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// One update with the learning rate lr * the group's lr_scale.
  virtual void step(double lr) = 0;
  void zero_grad();

 protected:
  explicit Optimizer(std::vector<ParameterGroup> groups);
  std::vector<ParameterGroup> groups_;
};

struct SgdOptions {
  double momentum = 0;
  double weight_decay = 0;
  bool nesterov = false;
};
struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;  ///< AdamW
};

}  // namespace tailor::optim
