// Keras's layouts, for model.load_weights. Layers without weights are left out: Keras skips them.
#include <algorithm>

#include "io/export.h"
#include "io/keras_names.h"

namespace tailor::io {
namespace {

/// Whether files of the layout have the family's names.
bool has(std::string_view layout, const KerasFamily& family) {
  return family.layout == (layout == "keras1" ? layout : "");
}

const KerasFamily& family_of(std::string_view layout, const std::string& model) {
  const auto& families = keras_families();
  return *std::find_if(families.begin(), families.end(), [&](const KerasFamily& family) {
    const auto& models = family.models;
    return has(layout, family) && std::find(models.begin(), models.end(), model) != models.end();
  });
}

/// keras1 and keras2: groups by the layers' names, listed in attributes. Keras loads in the order
/// of the lists.
void write_by_attributes(Hdf5Writer& file, const std::vector<KerasLayer>& layers,
                         const Weights& weights, bool first_generation) {
  std::vector<std::string> names;
  names.reserve(layers.size());
  for (const KerasLayer& layer : layers) names.push_back(layer.name);
  file.set("", "layer_names", names);
  if (!first_generation) {  // without a version Keras takes it for the first generation
    file.set("", "backend", "tensorflow");
    file.set("", "keras_version", "2.2.4");
  }
  for (const KerasLayer& layer : layers) {
    std::vector<std::string> listed;
    for (const auto& [weight, tensor] : layer.weights) {
      listed.push_back((first_generation ? weight : layer.name + "/" + weight) + ":0");
      write_tensor(file, layer.name + "/" + listed.back(), FileOrder::keras,
                   weights.tensors.at(tensor));
    }
    file.set(layer.name, "weight_names", listed);
  }
}

/// keras3: groups by the layers' classes, weights by number.
void write_by_groups(Hdf5Writer& file, const std::vector<KerasLayer>& layers,
                     const Weights& weights) {
  file.set("vars", "name", weights.model);  // empty, but Keras before 3.6 misses it
  for (const KerasLayer& layer : layers) {
    const std::string group = "layers/" + layer.group + "/vars";
    file.set(group, "name", layer.name);
    for (size_t i = 0; i < layer.weights.size(); ++i) {
      write_tensor(file, fmt::format("{}/{}", group, i), FileOrder::keras,
                   weights.tensors.at(layer.weights[i].tensor));
    }
  }
}

}  // namespace

Expressible expressible_in_keras(std::string_view layout) {
  Expressible networks;
  for (const KerasFamily& family : keras_families()) {
    if (!has(layout, family)) continue;
    for (const std::string& model : family.models) networks.emplace_back(model, family.variant);
  }
  return networks;
}

void write_keras(const std::filesystem::path& path, const Weights& weights,
                 std::string_view layout) {
  const KerasFamily& family = family_of(layout, weights.model);
  const std::vector<KerasLayer> layers = keras_layers(family, weights.tensors);
  Hdf5Writer file(path);
  if (layout == "keras3") {
    write_by_groups(file, layers, weights);
  } else {
    write_by_attributes(file, layers, weights, layout == "keras1");
  }
  file.close();
}

}  // namespace tailor::io
