// What Keras calls the tensors of its networks. Importers and exporters of all its layouts share
// these names; a family of them is one file (keras_resnet.cpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "layers/module.h"
#include "layers/variant.h"

namespace tailor::io {

/// The names of one kind of network.
struct KerasFamily {
  std::string_view layout;          ///< "keras1", or "" for names that keras2 and keras3 share
  std::vector<std::string> models;  ///< that Keras has: "resnet50"
  Variant variant;                  ///< that all of them are
  std::vector<std::string> signs;   ///< starts of layers' names that tell the family
  /// The layer of a tensor of ours and the weight within it: "layer1.0.conv2.weight" is
  /// "conv2_block1_2_conv/kernel".
  std::string (*name)(const std::string& tensor) = nullptr;
  /// Grows along Keras's order of the layers, which is the order of their depth in the graph.
  int (*place)(const std::string& tensor) = nullptr;
};

const std::vector<KerasFamily>& keras_families();

/// A layer as Keras's files have it.
struct KerasLayer {
  std::string name;   ///< "conv2_block1_2_conv"
  std::string group;  ///< in keras3: "conv2d_2", its class and how many of them came before
  struct Weight {
    std::string name;    ///< "kernel"
    std::string tensor;  ///< ours: "layer1.0.conv2.weight"
  };
  std::vector<Weight> weights;  ///< in Keras's order
};

/// The layers that hold these tensors, in Keras's order.
std::vector<KerasLayer> keras_layers(const KerasFamily& family, const layers::StateDict& tensors);

// The families.
KerasFamily keras1_resnet();
KerasFamily keras_resnet();

}  // namespace tailor::io
