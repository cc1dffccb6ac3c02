// Pretrained weights: from a file of any known layout to tensors by name.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "layers/module.h"
#include "layers/variant.h"

namespace tailor::io {

/// What a weights file holds, in torchvision's names and our layout (conv OHWI, linear [out, in]),
/// f32. Biases of convolutions before a batch norm are named <conv>.bias.
struct Weights {
  std::string model;   ///< "resnet50", told from the tensors
  std::string layout;  ///< "keras1", "keras2", "torchvision", "model"
  Variant variant;
  layers::StateDict tensors;
  bool has_head = false;
};

/// Throws Error naming the file: not there, not HDF5, damaged, an unknown layout, tensors missing or
/// misshapen, links.
Weights read_weights(const std::filesystem::path& path, const std::shared_ptr<Backend>& backend);

}  // namespace tailor::io
