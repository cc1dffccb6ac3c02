#include "io/keras_names.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace tailor::io {
namespace {

/// Among the weights of its layer.
int place_in_layer(const std::string& tensor) {
  if (tensor.ends_with(".weight")) return 0;
  if (tensor.ends_with(".bias")) return 1;
  return tensor.ends_with(".running_mean") ? 2 : 3;
}

/// Keras 3's name of a layer's class.
std::string class_of(const KerasLayer& layer, const layers::StateDict& tensors) {
  if (layer.weights.back().tensor.ends_with(".running_var")) return "batch_normalization";
  const Tensor& weight = tensors.at(layer.weights.front().tensor);
  return weight.shape().rank() == 2 ? "dense" : "conv2d";
}

}  // namespace

const std::vector<KerasFamily>& keras_families() {
  static const std::vector<KerasFamily> families{keras1_resnet(), keras_resnet()};
  return families;
}

std::vector<KerasLayer> keras_layers(const KerasFamily& family, const layers::StateDict& tensors) {
  std::vector<std::tuple<int, int, std::string>> ordered;
  for (const auto& [tensor, value] : tensors) {
    ordered.emplace_back(family.place(tensor), place_in_layer(tensor), tensor);
  }
  std::sort(ordered.begin(), ordered.end());

  std::vector<KerasLayer> layers;
  for (const auto& [place, within, tensor] : ordered) {
    const std::string name = family.name(tensor);
    const size_t slash = name.rfind('/');
    const std::string layer = name.substr(0, slash);
    if (layers.empty() || layers.back().name != layer) layers.push_back({layer, "", {}});
    layers.back().weights.push_back({name.substr(slash + 1), tensor});
  }
  std::map<std::string, int> so_far;
  for (KerasLayer& layer : layers) {
    const std::string kind = class_of(layer, tensors);
    const int number = so_far[kind]++;
    layer.group = number == 0 ? kind : fmt::format("{}_{}", kind, number);
  }
  return layers;
}

}  // namespace tailor::io
