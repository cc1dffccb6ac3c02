// Exporting: weights as a file that other programs read. One file for each family, beside its
// importer (export_keras.cpp, export_torchvision.cpp); model files are model_file.h's.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/hdf5.h"
#include "io/layout.h"
#include "io/weights.h"

namespace tailor::io {

/// "keras1", "keras2", "keras3", "torchvision"
const std::vector<std::string>& export_layouts();

/// Whether the layout has names for the network and is read as the variant that the weights have.
bool can_export(const Weights& weights, std::string_view layout);

/// Writes a file that read_weights reads as these weights. An older file is replaced at once or not
/// at all. Throws Error naming the first property that the layout cannot express (and nothing is
/// written), or when the file cannot be written.
void export_weights(const std::filesystem::path& path, const Weights& weights,
                    std::string_view layout);

// What a family of layouts knows.

/// The networks that a layout has names for, each with the variant that its files are read as.
using Expressible = std::vector<std::pair<std::string, Variant>>;
Expressible expressible_in_keras(std::string_view layout);
Expressible expressible_in_torchvision();

/// Fills a new file. The weights must be expressible.
void write_keras(const std::filesystem::path& path, const Weights& weights,
                 std::string_view layout);
void write_torchvision(const std::filesystem::path& path, const Weights& weights);

/// Our tensor as a data set of float32 in the order of a file.
void write_tensor(Hdf5Writer& file, const std::string& dataset, FileOrder order,
                  const Tensor& tensor);

}  // namespace tailor::io
