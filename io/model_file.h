// model.h5: a network with everything that is needed to use it (docs/model-file.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "layers/network.h"

namespace tailor::io {

/// What a model file holds beside the network.
struct ModelInfo {
  std::vector<std::string> classes;       ///< names, in the order of the head's outputs
  int image_size = 224;                   ///< side of the pictures it was trained on, in pixels
  std::map<std::string, double> metrics;  ///< measured on validation photos: {"accuracy", 0.91}
  std::string tailor_version;             ///< of the program that wrote the file; save_model's own
};

/// "class 0", "class 1", ...: for outputs that nobody has named.
std::vector<std::string> numbered_classes(int64_t count);

struct Model {
  std::unique_ptr<layers::Network> network;
  ModelInfo info;
};

/// Writes aside, syncs and renames: a crash or a full disk leaves an older file as it was. Equal
/// models give equal bytes. Throws Error when the file cannot be written or the classes are not as
/// many as the network's outputs; the network must be in f32.
void save_model(const std::filesystem::path& path, const layers::Network& network,
                const ModelInfo& info);

/// What a training goes on from, beside the network: train/ says what it means.
struct TrainingState {
  std::string text;
  layers::StateDict tensors;  ///< f32 or f64
};

/// save_model, and the training's state in the same file.
void save_checkpoint(const std::filesystem::path& path, const layers::Network& network,
                     const ModelInfo& info, const TrainingState& state);

/// What save_checkpoint was given. Throws Error naming the file when there is none in it.
TrainingState load_training_state(const std::filesystem::path& path,
                                  const std::shared_ptr<Backend>& backend);

/// The network as it was saved, in evaluation mode. Throws Error naming the file when it is no
/// whole model file.
Model load_model(const std::filesystem::path& path, const std::shared_ptr<Backend>& backend);

/// What load_model would give beside the network, without reading the weights.
ModelInfo read_model_info(const std::filesystem::path& path);

/// Whether the file is one that save_model wrote. Throws Error when it is no HDF5 file.
bool is_model_file(const std::filesystem::path& path);

}  // namespace tailor::io
