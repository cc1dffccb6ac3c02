#include "io/import_keras.h"

#include <cstdio>

#include "kernels/api/error.h"

namespace tailor::io {

std::vector<KerasWeight> keras_weights(const Hdf5Reader& file) {
  std::vector<KerasWeight> weights;
  const auto layers = file.strings("", "layer_names");
  if (!layers) return weights;
  for (const std::string& layer : *layers) {
    const auto names = file.strings(layer, "weight_names");
    if (!names) {
      throw Error("{}: expected attribute weight_names at '{}', got none", file.name(), layer);
    }
    for (const std::string& name : *names) {
      std::string dataset = layer + "/" + name;
      if (!file.datasets().contains(dataset)) {
        throw Error("{}: expected data set '{}' as weight_names says, got none", file.name(),
                    dataset);
      }
      weights.push_back({layer, name, std::move(dataset)});
    }
  }
  return weights;
}

std::string bare_keras_name(const std::string& name) {
  std::string bare = name.substr(name.rfind('/') + 1);
  bare = bare.substr(0, bare.find(':'));
  const size_t last = bare.find_last_not_of("0123456789");
  if (last != std::string::npos && last + 1 < bare.size() && bare[last] == '_') bare.erase(last);
  return bare;
}

void add_weight(const Hdf5Reader& file, Import& import, const std::string& name,
                const KerasWeight& weight) {
  const auto [there, added] = import.datasets.emplace(name, weight.dataset);
  if (!added) {
    throw Error("{}: expected one data set for {}, got '{}' and '{}'", file.name(), name,
                there->second, weight.dataset);
  }
}

ResnetTensor::ResnetTensor(const std::string& name) {
  std::string module = name.substr(0, name.rfind('.'));  // "layer1.0.bn2"
  const std::string leaf = name.substr(name.rfind('.') + 1);
  int length = 0;
  if (std::sscanf(module.c_str(), "layer%1d.%2d.%n", &stage, &block, &length) == 2) {
    module.erase(0, static_cast<size_t>(length));
  }
  in_head = module == "fc";
  batch_norm = module.starts_with("bn") || module == "downsample.1";
  if (stage > 0 && !module.starts_with("downsample")) unit = module.back() - '0';

  if (leaf == "weight") weight = batch_norm ? "gamma" : "kernel";
  if (leaf == "bias") weight = batch_norm ? "beta" : "bias";
  if (leaf == "running_mean") weight = "moving_mean";
  if (leaf == "running_var") weight = "moving_variance";
}

}  // namespace tailor::io
