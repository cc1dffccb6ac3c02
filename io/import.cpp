#include "io/import.h"

#include <cstdio>

#include "kernels/api/error.h"

namespace tailor::io {

TensorName::TensorName(const std::string& name) {
  const size_t dot = name.rfind('.');
  module = name.substr(0, dot);
  leaf = name.substr(dot + 1);
}

std::optional<BlockModule> parse_block(const std::string& module) {
  BlockModule result{};
  int length = 0;
  if (std::sscanf(module.c_str(), "layer%1d.%2d.%n", &result.stage, &result.block, &length) != 2 ||
      length == 0) {
    return std::nullopt;
  }
  result.module = module.substr(static_cast<size_t>(length));
  return result;
}

Import identify(const Hdf5Reader& file) {
  for (const auto import : {import_model_file, import_keras1, import_keras2, import_torchvision}) {
    if (auto found = import(file)) return *std::move(found);
  }
  std::string names;
  for (const auto& [name, dataset] : file.datasets()) {
    if (names.size() > 60) {  // enough to see what kind of file it is
      names += ", ...";
      break;
    }
    names += (names.empty() ? "" : ", ") + name;
  }
  throw Error(
      "{}: expected weights of a ResNet in Keras's, torchvision's or Tailor's layout, got {}",
      file.name(), names.empty() ? "no data sets" : "data sets named " + names);
}

}  // namespace tailor::io
