// Frozen: the backbone as a fixed plan for prediction. Batch norms are folded into convolutions,
// activations and residual additions fused, weights reordered once, buffers reused.
#pragma once

#include <memory>
#include <vector>

#include "layers/network.h"

namespace tailor::inference {

/// Runs what a network's features() computes in evaluation mode, without a graph.
class Frozen {
 public:
  /// Plans for inputs [N, size, size, 3] of the network's dtype with N up to max_batch. The
  /// network's tensors are read here and not needed afterwards.
  Frozen(layers::Network& network, int size, int64_t max_batch);
  ~Frozen();
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

  /// x [n, size, size, 3], n <= max_batch, to features [n, d]. A photo's features do not depend on
  /// its neighbours.
  Tensor operator()(const Tensor& x);

  /// Bytes of weights and of activations that the plan holds.
  size_t weight_bytes() const;
  size_t activation_bytes() const;

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace tailor::inference
