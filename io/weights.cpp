#include "io/weights.h"

#include "io/import_network.h"
#include "kernels/api/error.h"

namespace tailor::io {

Weights read_weights(const std::filesystem::path& path, const std::shared_ptr<Backend>& backend) {
  const Hdf5Reader file(path);
  const Import import = identify(file);
  const FittedNetwork fitted = fit_network(file, import, backend);
  fill_network(file, import, fitted);

  Weights weights{.model = fitted.network->name(),
                  .layout = import.layout,
                  .variant = import.variant,
                  .tensors = {},
                  .classes = fitted.classes};
  for (const auto& [name, tensor] : fitted.state()) weights.tensors.emplace(name, tensor.detach());
  return weights;
}

void apply_variant_name(Weights& weights, std::string_view name) {
  if (name != "keras2015") {
    throw UsageError("--variant: expected keras2015, got {}", name);
  }
  if (weights.layout != "keras1") {
    throw UsageError("--variant {}: expected weights in layout keras1, got {}", name,
                     weights.layout);
  }
  weights.variant.pool_padding = false;
}

WeightsSummary summarize_weights(const std::filesystem::path& path) {
  const Hdf5Reader file(path);
  const Import import = identify(file);
  const FittedNetwork fitted = fit_network(file, import, open_backend("reference"));

  WeightsSummary summary{
      .model = fitted.network->name(),
      .layout = import.layout,
      .container = file.container() + (import.place.empty() ? "" : ", in /" + import.place),
      .variant = import.variant,
      .classes = fitted.classes};
  for (const auto& [name, tensor] : fitted.state()) {
    ++summary.tensors;
    (name.find(".running_") == std::string::npos ? summary.parameters : summary.statistics) +=
        tensor.count();
  }
  return summary;
}

}  // namespace tailor::io
