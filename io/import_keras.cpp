// Keras's layouts: what keras_file.h lists, under the names of keras_names.h.
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "io/import.h"
#include "io/keras_file.h"
#include "io/keras_names.h"
#include "kernels/api/error.h"
#include "layers/network.h"

namespace tailor::io {
namespace {

bool knows(const KerasFamily& family, const KerasWeight& weight) {
  return std::any_of(family.signs.begin(), family.signs.end(),
                     [&](const std::string& sign) { return weight.layer.starts_with(sign); });
}

/// Keras 3's groups ("conv2d_4") to the names of the layers that a network has there.
using Groups = std::map<std::string, std::string>;

Groups groups_of(const KerasFamily& family, const layers::StateDict& tensors) {
  Groups groups;
  for (const KerasLayer& layer : keras_layers(family, tensors)) {
    groups.emplace(layer.group, layer.name);
  }
  return groups;
}

/// What the groups stand for when there are exactly those of one network, with or without its head.
/// Layers that change places are noticed by their shapes, which are compared later.
std::optional<Groups> recognise(const std::set<std::string>& groups) {
  const auto same = [&](const Groups& known) {
    return std::equal(groups.begin(), groups.end(), known.begin(), known.end(),
                      [](const std::string& group, const auto& k) { return group == k.first; });
  };
  for (const KerasFamily& family : keras_families()) {
    if (!family.layout.empty()) continue;  // older than Keras 3
    for (const std::string& model : family.models) {
      const auto network =
          layers::make_model(model, {.variant = family.variant}, open_backend("reference"));
      layers::StateDict tensors;
      for (const auto& [name, tensor] : network->state()) tensors.emplace(name, tensor);
      if (Groups known = groups_of(family, tensors); same(known)) return known;
      std::erase_if(tensors, [&](const auto& named) {
        return named.first.starts_with(network->head_name() + ".");
      });
      if (Groups known = groups_of(family, tensors); same(known)) return known;
    }
  }
  return std::nullopt;
}

/// Gives the layers of Keras 3 before 3.6 their names. Throws Error when that would be a guess.
void name_layers(const Hdf5Reader& file, KerasFile& keras) {
  std::set<std::string> groups;
  for (const KerasWeight& weight : keras.weights) groups.insert(weight.layer);
  const auto names = recognise(groups);
  if (!names) {
    throw Error(
        "{}: expected the names of the layers, which Keras writes from 3.6 on, or all layers of a "
        "network of Keras's own, got neither (try to save it with a newer Keras)",
        file.name());
  }
  for (KerasWeight& weight : keras.weights) weight.layer = names->at(weight.layer);
}

}  // namespace

std::optional<Import> import_keras(const Hdf5Reader& file) {
  KerasFile keras = list_keras_file(file);
  if (!keras.named) name_layers(file, keras);
  const auto& families = keras_families();
  const auto family = std::find_if(families.begin(), families.end(), [&](const KerasFamily& f) {
    return std::any_of(keras.weights.begin(), keras.weights.end(),
                       [&](const KerasWeight& weight) { return knows(f, weight); });
  });
  if (family == families.end()) return std::nullopt;

  Import import{.layout = family->layout.empty() ? keras.layout : std::string(family->layout),
                .place = keras.place,
                .model = family->models.size() == 1 ? family->models.front() : "",
                .variant = family->variant,
                .order = FileOrder::keras,
                .datasets = {},
                .family_name = family->name};
  for (const KerasWeight& weight : keras.weights) {
    // The head's name in Keras's files of 2018 and 2019.
    const std::string layer = weight.layer == "probs" ? "predictions" : weight.layer;
    const std::string name = layer + "/" + weight.name;
    const auto [there, added] = import.datasets.emplace(name, weight.dataset);
    if (!added) {
      throw Error("{}: expected one data set for {}, got '{}' and '{}'", file.name(), name,
                  there->second, weight.dataset);
    }
  }
  return import;
}

}  // namespace tailor::io
