// Frozen: the backbone as a fixed plan for prediction. Batch norms are folded into convolutions,
// activations and residual additions fused, weights reordered once, buffers reused.
#pragma once

#include <memory>

#include "layers/network.h"

namespace tailor::inference {

/// Runs what a network's features() computes in evaluation mode, without a graph. Photos go through
/// in chunks of a fixed size, one single-threaded stream of chunks a core: activations stay in the
/// core's cache, and a photo's bytes depend neither on its neighbours nor on the number of cores.
class Frozen {
 public:
  /// Plans for inputs [N, size, size, 3] of the network's dtype. The network's tensors are read
  /// here and not needed afterwards. threads: number of streams, 0 for as many as there are cores.
  Frozen(layers::Network& network, int size, int threads = 0);
  ~Frozen();
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

  /// x [n, size, size, 3] to features [n, d], for any n.
  Tensor operator()(const Tensor& x);

 private:
  struct Plan;
  class Stream;
  std::unique_ptr<Plan> plan_;
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace tailor::inference
