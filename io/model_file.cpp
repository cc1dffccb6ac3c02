#include "io/model_file.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "io/export.h"
#include "io/import_network.h"
#include "io/replace_file.h"
#include "io/variant_names.h"
#include "kernels/api/error.h"
#include "kernels/api/version.h"

namespace tailor::io {
namespace {

constexpr std::string_view kFormat = "tailor model";
constexpr int64_t kFormatVersion = 1;
const std::string kTrainingText = "training/state";
const std::string kTrainingTensors = "training/tensors/";

bool is_model(const Hdf5Reader& file) {
  const auto format = file.strings("", "format");
  return format && format->size() == 1 && format->front() == kFormat;
}

std::string string_attribute(const Hdf5Reader& file, const std::string& name) {
  const auto found = file.strings("", name);
  if (!found || found->size() != 1) {
    throw Error("{}: expected the text attribute {} of a model file, got none", file.name(), name);
  }
  return found->front();
}

double number_attribute(const Hdf5Reader& file, const std::string& name) {
  const auto found = file.number("", name);
  if (!found) {
    throw Error("{}: expected the number attribute {} of a model file, got none", file.name(),
                name);
  }
  return *found;
}

template <class T>
T word_attribute(const Hdf5Reader& file, const std::string& name,
                 std::optional<T> (*parse)(std::string_view)) {
  const std::string word = string_attribute(file, name);
  const auto value = parse(word);
  if (!value) throw Error("{}: expected a known {}, got '{}'", file.name(), name, word);
  return *value;
}

void write_variant(Hdf5Writer& file, const Variant& variant) {
  file.set("", "stride_on", name_of(variant.stride_on));
  file.set("", "conv_bias", int64_t{variant.conv_bias});
  file.set("", "epsilon", variant.epsilon);
  file.set("", "pool_padding", int64_t{variant.pool_padding});
  file.set("", "preprocessing", name_of(variant.preprocessing));
}

Variant read_variant(const Hdf5Reader& file) {
  Variant variant;
  variant.stride_on = word_attribute(file, "stride_on", parse_stride_on);
  variant.conv_bias = number_attribute(file, "conv_bias") != 0;
  variant.epsilon = number_attribute(file, "epsilon");
  variant.pool_padding = number_attribute(file, "pool_padding") != 0;
  variant.preprocessing = word_attribute(file, "preprocessing", parse_preprocessing);
  if (!(variant.epsilon > 0 && variant.epsilon < 1)) {
    throw Error("{}: expected an epsilon between 0 and 1, got {}", file.name(), variant.epsilon);
  }
  return variant;
}

ModelInfo read_info(const Hdf5Reader& file) {
  ModelInfo info;
  const auto classes = file.datasets().find("classes");
  if (classes == file.datasets().end() || classes->second.type != "string") {
    throw Error("{}: expected the data set 'classes' of a model file, got none", file.name());
  }
  info.classes = file.read_strings("classes");
  const double size = number_attribute(file, "image_size");
  if (!(size >= 1 && size <= 1 << 16) || size != std::floor(size)) {
    throw Error("{}: expected an image_size in pixels, got {}", file.name(), size);
  }
  info.image_size = static_cast<int>(size);
  info.tailor_version = string_attribute(file, "tailor_version");
  try {
    info.metrics = nlohmann::json::parse(string_attribute(file, "metrics"));
  } catch (const nlohmann::json::exception&) {
    throw Error("{}: expected metrics as a JSON object of numbers, got something else",
                file.name());
  }
  return info;
}

/// Throws Error unless the file is one of save_model's.
void check_model(const Hdf5Reader& file) {
  if (is_model(file)) return;
  throw Error(
      "{}: expected a model file, got an HDF5 file of another kind (try --weights FILE for "
      "pretrained weights)",
      file.name());
}

void write_model(Hdf5Writer& file, const layers::Network& network, const ModelInfo& info) {
  file.set("", "format", kFormat);
  file.set("", "format_version", kFormatVersion);
  file.set("", "tailor_version", version());
  file.set("", "architecture", network.name());
  write_variant(file, network.options().variant);
  file.set("", "image_size", int64_t{info.image_size});
  file.set("", "metrics", nlohmann::json(info.metrics).dump());
  file.write_strings("classes", info.classes);
  for (const auto& [name, tensor] : network.state()) {
    write_tensor(file, "weights/" + name, FileOrder::torchvision, tensor);
  }
}

void check_class_names(const std::filesystem::path& path, const layers::Network& network,
                       const ModelInfo& info) {
  const int64_t classes = network.options().classes;
  if (static_cast<int64_t>(info.classes.size()) != classes) {
    throw Error("{}: expected {} class names, got {}", path.string(), classes, info.classes.size());
  }
}

std::vector<std::byte> bytes_of(const Tensor& tensor) {
  std::vector<std::byte> bytes(tensor.view().bytes());
  tensor.backend()->memory()->copy_to_host(bytes.data(), tensor.view().data, bytes.size());
  return bytes;
}

}  // namespace

std::optional<Import> import_model_file(const Hdf5Reader& file) {
  if (!is_model(file)) return std::nullopt;
  const double version = number_attribute(file, "format_version");
  if (version != kFormatVersion) {
    throw Error("{}: expected a model file of version {}, got {} (try a newer program)",
                file.name(), kFormatVersion, version);
  }
  Import import{.layout = "model",
                .place = "",
                .model = string_attribute(file, "architecture"),
                .variant = read_variant(file),
                .order = FileOrder::torchvision,
                .datasets = {},
                .family_name = [](const std::string& tensor) { return tensor; }};
  const std::vector<std::string> known = layers::model_names();
  if (std::find(known.begin(), known.end(), import.model) == known.end()) {
    throw Error("{}: expected a known architecture, got '{}'", file.name(), import.model);
  }
  constexpr std::string_view kGroup = "weights/";
  for (const auto& [name, dataset] : file.datasets()) {
    if (name.starts_with(kGroup)) import.datasets.emplace(name.substr(kGroup.size()), name);
  }
  return import;
}

std::vector<std::string> numbered_classes(int64_t count) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back(fmt::format("class {}", i));
  return names;
}

void save_model(const std::filesystem::path& path, const layers::Network& network,
                const ModelInfo& info) {
  check_class_names(path, network, info);
  replace_file(path, [&](const std::filesystem::path& part) {
    Hdf5Writer file(part);
    write_model(file, network, info);
    file.close();
  });
}

void save_checkpoint(const std::filesystem::path& path, const layers::Network& network,
                     const ModelInfo& info, const TrainingState& state) {
  check_class_names(path, network, info);
  replace_file(path, [&](const std::filesystem::path& part) {
    Hdf5Writer file(part);
    write_model(file, network, info);
    file.write_strings(kTrainingText, std::span(&state.text, 1));
    for (const auto& [name, tensor] : state.tensors) {
      file.write(kTrainingTensors + name, tensor.dtype(), tensor.shape(), bytes_of(tensor));
    }
    file.close();
  });
}

TrainingState load_training_state(const std::filesystem::path& path,
                                  const std::shared_ptr<Backend>& backend) {
  const Hdf5Reader file(path);
  const auto text = file.datasets().find(kTrainingText);
  if (text == file.datasets().end() || text->second.type != "string" ||
      text->second.shape != Shape{1}) {
    throw Error("{}: expected a training's state, got a model without", file.name());
  }
  TrainingState state{file.read_strings(kTrainingText).front(), {}};
  for (const auto& [name, dataset] : file.datasets()) {
    if (!name.starts_with(kTrainingTensors)) continue;
    if (dataset.dtype != DType::f32 && dataset.dtype != DType::f64) {
      throw Error("{}: expected float32 or float64 at '{}', got {}", file.name(), name,
                  dataset.type);
    }
    std::vector<std::byte> bytes(static_cast<size_t>(dataset.shape.count()) *
                                 size_of(*dataset.dtype));
    file.read(name, bytes);
    state.tensors[name.substr(kTrainingTensors.size())] =
        Tensor::from_bytes(bytes, *dataset.dtype, dataset.shape, backend);
  }
  return state;
}

Model load_model(const std::filesystem::path& path, const std::shared_ptr<Backend>& backend) {
  const Hdf5Reader file(path);
  check_model(file);
  const Import import = identify(file);
  FittedNetwork fitted = fit_network(file, import, backend);
  Model model{nullptr, read_info(file)};
  if (static_cast<int64_t>(model.info.classes.size()) != fitted.classes) {
    throw Error("{}: expected a head with {} outputs, one a class, got {}", file.name(),
                model.info.classes.size(), fitted.classes);
  }
  fill_network(file, import, fitted);
  model.network = std::move(fitted.network);
  model.network->eval();
  return model;
}

ModelInfo read_model_info(const std::filesystem::path& path) {
  const Hdf5Reader file(path);
  check_model(file);
  return read_info(file);
}

bool is_model_file(const std::filesystem::path& path) { return is_model(Hdf5Reader(path)); }

}  // namespace tailor::io
