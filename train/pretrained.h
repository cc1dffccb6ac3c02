// A network to start from: pretrained on another task, or made of random numbers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "layers/network.h"

namespace tailor::train {

struct PretrainedOptions {
  std::string model;  ///< "resnet50"; empty: what the weights are for, or resnet50
  std::string weights =
      "imagenet";       ///< a file; "imagenet": the published file in the cache; "none"
  std::string variant;  ///< "keras2015", or empty
};

struct Pretrained {
  std::unique_ptr<layers::Network> network;
  std::string source;  ///< the file the weights came from, or "none"
  std::string layout;  ///< of that file: "keras2"
};

/// A network of `classes` outputs with the weights' backbone and a new head drawn from `seed`.
/// Throws UsageError for unknown names, Error for what is wrong with the file or when "imagenet"
/// finds none, saying where to get it and where to put it.
Pretrained load_backbone(const PretrainedOptions& options, int64_t classes, uint64_t seed,
                         const std::shared_ptr<Backend>& backend);

/// The network with the head it was trained with. Throws Error when the file has none.
Pretrained load_with_head(const PretrainedOptions& options,
                          const std::shared_ptr<Backend>& backend);

/// ${XDG_CACHE_HOME:-~/.cache}/tailor
std::filesystem::path cache_folder();

}  // namespace tailor::train
