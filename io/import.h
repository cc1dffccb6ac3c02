// Importing: what a family of weights files knows about its names.
//
// A family recognises its files and lists their data sets under the names that the family gives
// them; it also says under which of these names each of our tensors is to be found. The rest
// (shapes, order of elements, what is missing or left over) is the same for all: weights.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/hdf5.h"
#include "io/layout.h"
#include "layers/variant.h"

namespace tailor::io {

/// A recognised file.
struct Import {
  std::string layout;  ///< "keras1", "keras2", "torchvision", "model"
  std::string model;   ///< "resnet50"; empty where the tensors must tell
  Variant variant;
  FileOrder order = FileOrder::torchvision;
  /// The family's name of a tensor ("conv2_block1_1_conv/kernel") to the data set of this file.
  std::map<std::string, std::string> datasets;
  /// Our name of a tensor ("layer1.0.conv1.weight") to the family's.
  std::string (*family_name)(const std::string& tensor) = nullptr;
};

// Each returns nothing for a file of another family, and throws Error for a damaged one of its own.
std::optional<Import> import_keras1(const Hdf5Reader& file);
std::optional<Import> import_keras2(const Hdf5Reader& file);
std::optional<Import> import_torchvision(const Hdf5Reader& file);
std::optional<Import> import_model_file(const Hdf5Reader& file);

/// Asks all of them. Throws Error when none knows the file.
Import identify(const Hdf5Reader& file);

/// A tensor's name in parts: "layer1.0.conv2.weight" is {"layer1.0.conv2", "weight"}.
struct TensorName {
  explicit TensorName(const std::string& name);
  std::string module;
  std::string leaf;
};

/// A block's module: "layer1.0.conv2" is {1, 0, "conv2"}.
struct BlockModule {
  int stage;  ///< from 1
  int block;  ///< from 0
  std::string module;
};
std::optional<BlockModule> parse_block(const std::string& module);

/// One weight that a Keras file lists.
struct KerasWeight {
  std::string layer;    ///< "conv1"
  std::string name;     ///< "conv1_W:0", from the layer's weight_names
  std::string dataset;  ///< "conv1/conv1_W:0"
};
/// What layer_names and weight_names list; empty for a file that is not Keras's. Throws Error when
/// something listed is not there.
std::vector<KerasWeight> keras_weights(const Hdf5Reader& file);
/// Puts a weight under the family's name. Throws Error when another one has it already.
void add_weight(const Hdf5Reader& file, Import& import, const std::string& name,
                const KerasWeight& weight);
/// A Keras weight's name without the path before it, ":0" and the number that tells one variable
/// from another of the same name: "conv1/conv1_W_1:0" is "conv1_W".
std::string bare_keras_name(const std::string& name);

}  // namespace tailor::io
