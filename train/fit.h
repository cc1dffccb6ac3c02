// The training loop.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "layers/network.h"
#include "optim/optimizer.h"
#include "train/examples.h"
#include "train/metrics.h"

namespace tailor::train {

struct FitOptions {
  int epochs = 10;
  int batch = 32;
  int smallest_batch = 1;  ///< a last batch of fewer photos is left out (batch norm needs two)
  double lr = 1e-3;
  optim::OptimizerOptions optimizer;
  std::string schedule = "constant";
  double label_smoothing = 0;
};

struct Epoch {
  int number = 0;       ///< from 1
  double lr = 0;        ///< of its last step
  double loss = 0;      ///< mean over the photos trained on, as they were met
  double accuracy = 0;  ///< likewise
  Metrics validation;
  bool is_best = false;  ///< so far: by accuracy, then by loss
  double seconds = 0;
};

/// What the loop asks of its surroundings.
struct FitHooks {
  std::function<Tensor(const Tensor& x)> forward;  ///< logits of a batch
  /// By photos that are not trained on; nothing when stopped meanwhile.
  std::function<std::optional<Metrics>()> judge;
  std::function<void(const Epoch&)> epoch_done;
  Stop stop;
};

/// Changes the network's trainable parameters for the given number of epochs. Returns the epochs
/// that were completed: fewer when stopped, which is looked at after each batch. Throws Error when
/// the loss is not finite, naming epoch, batch and learning rate.
std::vector<Epoch> fit(layers::Network& network, Examples& examples, const FitOptions& options,
                       const FitHooks& hooks, const Console& console);

}  // namespace tailor::train
