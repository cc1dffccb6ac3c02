// Which weights does a Keras file list, in whichever of Keras's containers?
#pragma once

#include <string>
#include <vector>

#include "io/hdf5.h"

namespace tailor::io {

/// One weight of a layer.
struct KerasWeight {
  std::string layer;    ///< "conv1_conv"
  std::string name;     ///< within the layer: "kernel"
  std::string dataset;  ///< "conv1_conv/conv1_conv/kernel:0"
};

/// A Keras file's table of contents.
struct KerasFile {
  /// "keras2": lists in the attributes layer_names and weight_names, as Keras 1 and 2 write them;
  /// "keras3": a group for each layer, layers/conv2d_4/vars
  std::string layout;
  std::string place;  ///< the group it is all in: "model_weights" in a whole saved model, or ""
  /// False for Keras 3 before 3.6, whose layers are called by their groups: "conv2d_4".
  bool named = true;
  std::vector<KerasWeight> weights;
};

/// Lists a file; no weights when it is not Keras's. The state of an optimiser is left out. Throws
/// Error when something listed is not there.
KerasFile list_keras_file(const Hdf5Reader& file);

}  // namespace tailor::io
