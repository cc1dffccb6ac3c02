// Pretrained weights: from a file of any known layout to tensors by name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "layers/module.h"
#include "layers/variant.h"

namespace tailor::io {

/// What a weights file holds, in torchvision's names and our layout (conv OHWI, linear [out, in]),
/// f32. Biases of convolutions before a batch norm are named <conv>.bias.
struct Weights {
  std::string model;   ///< "resnet50", told from the tensors
  std::string layout;  ///< "keras1", "keras2", "keras3", "torchvision", "model"
  Variant variant;
  layers::StateDict tensors;
  int64_t classes = 0;  ///< outputs of the head; 0 without one
};

/// Throws Error naming the file: not there, not HDF5, damaged, an unknown layout, links, or tensors
/// that do not fit the network, each of them listed.
Weights read_weights(const std::filesystem::path& path, const std::shared_ptr<Backend>& backend);

/// What a person may know of a file that the file does not say (`--variant NAME`). "keras2015": the
/// graph that wrote the layout keras1, whose max pool was not padded. Throws UsageError for another
/// name or layout.
void apply_variant_name(Weights& weights, std::string_view name);

/// What read_weights would give, without reading any numbers; throws as it does.
struct WeightsSummary {
  std::string model;
  std::string layout;
  std::string container;  ///< what the tensors are in: "HDF5", "HDF5, in /model_weights"
  Variant variant;
  int64_t classes = 0;     ///< outputs of the head; 0 without one
  int64_t tensors = 0;     ///< how many
  int64_t parameters = 0;  ///< numbers that training may change
  int64_t statistics = 0;  ///< numbers in running means and variances
};
WeightsSummary summarize_weights(const std::filesystem::path& path);

}  // namespace tailor::io
