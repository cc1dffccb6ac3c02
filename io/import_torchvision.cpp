// ResNets under torchvision's names: a data set at the root for each entry of the state dict.
#include "io/import.h"

namespace tailor::io {

std::optional<Import> import_torchvision(const Hdf5Reader& file) {
  const auto& datasets = file.datasets();
  if (!datasets.contains("conv1.weight") && !datasets.contains("layer1.0.conv1.weight")) {
    return std::nullopt;
  }
  Import import{.layout = "torchvision",
                .place = "",
                .model = "",
                .variant = {},
                .order = FileOrder::torchvision,
                .datasets = {},
                .family_name = [](const std::string& tensor) { return tensor; }};
  for (const auto& [name, dataset] : datasets) {
    if (!name.ends_with(".num_batches_tracked")) import.datasets.emplace(name, name);
  }
  return import;
}

}  // namespace tailor::io
