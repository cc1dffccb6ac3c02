// Importing: what a family of weights files knows about its names.
//
// A family recognises its files and lists their data sets under names of the family's own; it also
// says under which of these each of our tensors is to be found. The rest (which network it is,
// shapes, what is missing or left over, the order of elements) is the same for all families:
// import_network.h.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "io/hdf5.h"
#include "io/layout.h"
#include "layers/variant.h"

namespace tailor::io {

/// A recognised file.
struct Import {
  std::string layout;  ///< "keras1", "keras2", "keras3", "torchvision", "model"
  std::string place;   ///< the group that all of it is in: "model_weights"; "" for the root
  std::string model;   ///< "resnet50"; empty where the tensors must tell
  Variant variant;
  FileOrder order = FileOrder::torchvision;
  /// The family's name of a tensor ("conv2_block1_1_conv/kernel") to the data set of this file.
  std::map<std::string, std::string> datasets;
  /// Our name of a tensor ("layer1.0.conv1.weight") to the family's.
  std::string (*family_name)(const std::string& tensor) = nullptr;
};

// Each returns nothing for a file of another family, and throws Error for a damaged one of its own.
std::optional<Import> import_keras(const Hdf5Reader& file);
std::optional<Import> import_torchvision(const Hdf5Reader& file);
std::optional<Import> import_model_file(const Hdf5Reader& file);

/// Asks all of them. Throws Error when none knows the file.
Import identify(const Hdf5Reader& file);

}  // namespace tailor::io
