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
  double clip_norm = 0;              ///< longest gradient of a step; 0: any
  double layer_decay = 1;            ///< each stage learns at so much of the rate of the one above
  int early_stop = 0;                ///< ends after so many epochs without a better one; 0: never
  std::vector<float> class_weights;  ///< of the loss, one a class; empty: all alike
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

/// Where a training stands: with the network's own numbers, all that the rest of it depends on.
struct FitState {
  std::unique_ptr<optim::Optimizer> optimizer;  ///< over the network's trainable parameters
  int64_t steps = 0;
  int epochs = 0;             ///< completed
  std::optional<Epoch> best;  ///< of the completed ones
  // Of the epoch that runs:
  size_t position = 0;  ///< of Examples
  int64_t photos = 0;   ///< trained on
  int64_t correct = 0;  ///< of these
  double loss = 0;      ///< sum over these
};

/// The state at the start. Throws UsageError for the name of an unknown optimiser.
FitState start_fit(const layers::Network& network, const FitOptions& options);

/// What the loop asks of its surroundings.
struct FitHooks {
  std::function<Tensor(const Tensor& x)> forward;  ///< logits of a batch
  /// By photos that are not trained on; nothing when stopped meanwhile.
  std::function<std::optional<Metrics>()> judge;
  std::function<void(const Epoch&)> epoch_done;
  std::function<void()> batch_done = [] {};
  Stop stop;
};

/// Changes the network's trainable parameters until the given number of epochs is completed, or
/// early_stop ends it, or hooks.stop does, which is asked after each batch. Going on from a state,
/// also one in the middle of an epoch, gives the bytes that never stopping would have given. Throws
/// Error when the loss is not finite, naming epoch, batch and learning rate.
void fit(layers::Network& network, FitState& state, Examples& examples, const FitOptions& options,
         const FitHooks& hooks, const Console& console);

}  // namespace tailor::train
