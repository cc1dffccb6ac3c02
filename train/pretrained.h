// A network to start from: pretrained on another task, or made of random numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "layers/network.h"
#include "train/console.h"
#include "train/features.h"

namespace tailor::train {

struct PretrainedOptions {
  std::string model;  ///< "resnet50"; empty: what the weights are for, or resnet50
  std::string weights =
      "imagenet";       ///< a file; "imagenet": the published file (train/published.h); "none"
  std::string variant;  ///< "keras2015", or empty
};

struct Pretrained {
  std::unique_ptr<layers::Network> network;
  std::string source;  ///< the file the weights came from, or "none"
  std::string layout;  ///< of that file: "keras2"
};

/// A network of `classes` outputs with the weights' backbone and a new head drawn from `seed`.
/// Throws UsageError for unknown names, Error for what is wrong with the file, and what
/// imagenet_weights throws; the console and `stop` are for its download.
Pretrained load_backbone(
    const PretrainedOptions& options, int64_t classes, uint64_t seed,
    const std::shared_ptr<Backend>& backend, const Console& console,
    const Stop& stop = [] { return false; });

/// The network with the head it was trained with. Throws Error when the file has none.
Pretrained load_with_head(
    const PretrainedOptions& options, const std::shared_ptr<Backend>& backend,
    const Console& console, const Stop& stop = [] { return false; });

}  // namespace tailor::train
