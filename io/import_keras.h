// What Keras's layouts share: the lists of layers and weights, and the parts of a ResNet.
#pragma once

#include <string>
#include <vector>

#include "io/import.h"

namespace tailor::io {

/// One weight that a Keras file lists.
struct KerasWeight {
  std::string layer;    ///< "conv1"
  std::string name;     ///< "conv1_W:0", from the layer's weight_names
  std::string dataset;  ///< "conv1/conv1_W:0"
};

/// What layer_names and weight_names list; empty for a file that is not Keras's. Throws Error when
/// something listed is not there.
std::vector<KerasWeight> keras_weights(const Hdf5Reader& file);

/// A weight's name without the path before it, ":0" and the number that tells one variable from
/// another of the same name: "conv1/conv1_W_1:0" is "conv1_W".
std::string bare_keras_name(const std::string& name);

/// Puts a weight under the family's name. Throws Error when another one has it already.
void add_weight(const Hdf5Reader& file, Import& import, const std::string& name,
                const KerasWeight& weight);

/// Where a tensor of ours stands in a ResNet: "layer1.0.bn2.weight" is the gamma of the second
/// batch norm in block 0 of stage 1.
struct ResnetTensor {
  /// Throws nothing: what is no tensor of a ResNet counts as the stem's.
  explicit ResnetTensor(const std::string& name);

  bool in_head = false;
  int stage = 0;  ///< from 1; 0 is the stem
  int block = 0;  ///< from 0
  int unit = 0;   ///< of the block: its convolutions from 1, the shortcut 0
  bool batch_norm = false;
  /// In Keras's words: kernel, bias, gamma, beta, moving_mean, moving_variance.
  std::string weight;
};

}  // namespace tailor::io
