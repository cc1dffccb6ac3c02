#include "io/keras_file.h"

#include <algorithm>
#include <map>

#include "kernels/api/error.h"

namespace tailor::io {
namespace {

using Strings = std::vector<std::string>;

std::string join(const std::string& group, const std::string& name) {
  return group.empty() ? name : group + "/" + name;
}

bool has_datasets_in(const Hdf5Reader& file, const std::string& group) {
  const auto first = file.datasets().lower_bound(group + "/");
  return first != file.datasets().end() && first->first.starts_with(group + "/");
}

/// A list that Keras splits into layer_names0, layer_names1, ... when it is longer than an
/// attribute may be.
std::optional<Strings> split_list(const Hdf5Reader& file, const std::string& group,
                                  const std::string& attribute) {
  auto list = file.strings(group, attribute);
  if (list) return list;
  for (int i = 0;; ++i) {
    const auto part = file.strings(group, attribute + std::to_string(i));
    if (!part) return list;
    if (!list) list.emplace();
    list->insert(list->end(), part->begin(), part->end());
  }
}

/// A weight's name without the path before it, ":0" and the number that tells one variable from
/// another of the same name: "conv1/conv1_W_1:0" is "conv1_W".
std::string bare_name(const std::string& name) {
  std::string bare = name.substr(name.rfind('/') + 1);
  bare = bare.substr(0, bare.find(':'));
  const size_t last = bare.find_last_not_of("0123456789");
  if (last != std::string::npos && last + 1 < bare.size() && bare[last] == '_') bare.erase(last);
  return bare;
}

/// What the weights of the layer in `group` are: data sets that its weight_names lists.
void list_layer(const Hdf5Reader& file, const std::string& layer, KerasFile& keras) {
  const std::string group = join(keras.place, layer);
  const auto names = split_list(file, group, "weight_names");
  if (!names) {
    throw Error("{}: expected attribute weight_names at '{}', got none", file.name(), group);
  }
  for (const std::string& name : *names) {
    std::string dataset = join(group, name);
    if (!file.datasets().contains(dataset)) {
      throw Error("{}: expected data set '{}' as weight_names says, got none", file.name(),
                  dataset);
    }
    keras.weights.push_back({layer, bare_name(name), std::move(dataset)});
  }
}

/// Keras 1 and 2: lists at the root or, in a whole saved model, in the group model_weights.
KerasFile list_by_attributes(const Hdf5Reader& file) {
  KerasFile keras{.layout = "keras2", .place = "", .weights = {}};
  auto layers = split_list(file, "", "layer_names");
  if (!layers && has_datasets_in(file, "model_weights")) {
    keras.place = "model_weights";
    layers = split_list(file, keras.place, "layer_names");
  }
  if (!layers) return keras;
  for (const std::string& layer : *layers) list_layer(file, layer, keras);
  // Of the model itself rather than of a layer: most have none, and then the group is empty.
  const std::string of_model = "top_level_model_weights";
  if (has_datasets_in(file, join(keras.place, of_model))) list_layer(file, of_model, keras);
  return keras;
}

/// Keras 3 numbers a layer's weights. `count` is how many the layer has: a batch norm without gamma
/// has three.
std::string weight_of(const std::string& group, const std::string& number, size_t count) {
  static const std::map<std::string, Strings> words{
      {"conv2d", {"kernel", "bias"}},
      {"dense", {"kernel", "bias"}},
      {"batch_normalization", {"gamma", "beta", "moving_mean", "moving_variance"}}};
  const auto found = words.find(bare_name(group));
  if (found == words.end() || number.size() != 1) return number;
  const Strings& all = found->second;
  const bool no_gamma = all.size() == 4 && count == 3;
  const size_t i = static_cast<size_t>(number.front() - '0') + (no_gamma ? 1 : 0);
  return i < all.size() ? all[i] : number;
}

/// Keras 3: layers/<class>_<N>/vars/<i>; from 3.6 on, the attribute `name` of vars is the layer's.
KerasFile list_by_groups(const Hdf5Reader& file) {
  KerasFile keras{.layout = "keras3", .place = "", .weights = {}};
  if (!has_datasets_in(file, "layers")) return keras;
  std::map<std::string, Strings> layers;  // "layers/conv2d_4" to the numbers of its weights
  for (const auto& [path, dataset] : file.datasets()) {
    if (path.starts_with("optimizer/")) continue;
    const size_t vars = path.rfind("/vars/");
    const bool of_layer = path.starts_with("layers/") && vars != std::string::npos &&
                          path.find('/', std::string_view("layers/").size()) == vars;
    if (of_layer) {
      layers[path.substr(0, vars)].push_back(path.substr(path.rfind('/') + 1));
    } else {  // nothing of a network that Tailor knows
      const size_t slash = path.rfind('/');
      keras.weights.push_back(
          {path.substr(0, slash == std::string::npos ? 0 : slash), path.substr(slash + 1), path});
    }
  }
  for (const auto& [path, numbers] : layers) {
    const std::string group = path.substr(path.rfind('/') + 1);
    const auto name = file.strings(path + "/vars", "name");
    const bool named = name && name->size() == 1;
    keras.named = keras.named && named;
    for (const std::string& number : numbers) {
      keras.weights.push_back({named ? name->front() : group,
                               weight_of(group, number, numbers.size()), path + "/vars/" + number});
    }
  }
  return keras;
}

}  // namespace

KerasFile list_keras_file(const Hdf5Reader& file) {
  KerasFile keras = list_by_attributes(file);
  return keras.weights.empty() ? list_by_groups(file) : keras;
}

}  // namespace tailor::io
