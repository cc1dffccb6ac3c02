// torchvision's state dict: a data set at the root for each entry. Batch norms' counts of batches,
// which nothing reads but training with an averaging of its own kind, are left out, as PyTorch
// accepts.
#include "io/export.h"
#include "layers/network.h"

namespace tailor::io {

Expressible expressible_in_torchvision() {
  Expressible networks;
  for (const std::string& model : layers::model_names()) networks.emplace_back(model, Variant{});
  return networks;
}

void write_torchvision(const std::filesystem::path& path, const Weights& weights) {
  Hdf5Writer file(path);
  for (const auto& [name, tensor] : weights.tensors) {
    write_tensor(file, name, FileOrder::torchvision, tensor);
  }
  file.close();
}

}  // namespace tailor::io
