#include "io/import.h"

#include "kernels/api/error.h"

namespace tailor::io {
namespace {

/// The first few data sets: enough to see what kind of file it is.
std::string some_names(const Hdf5Reader& file) {
  constexpr size_t kEnough = 80;
  std::string names;
  for (const auto& [name, dataset] : file.datasets()) {
    if (names.size() > kEnough) return names + ", ...";
    names += (names.empty() ? "data sets named " : ", ") + name;
  }
  return names.empty() ? "no data sets" : names;
}

}  // namespace

Import identify(const Hdf5Reader& file) {
  for (const auto import : {import_model_file, import_keras, import_torchvision}) {
    if (auto found = import(file)) return *std::move(found);
  }
  throw Error(
      "{}: expected weights of a ResNet in Keras's, torchvision's or Tailor's layout, got {}",
      file.name(), some_names(file));
}

}  // namespace tailor::io
