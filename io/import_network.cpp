#include "io/import_network.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "kernels/api/bf16.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

using layers::Network;

bool in_head(const Network& network, const std::string& tensor) {
  return tensor.starts_with(network.head_name() + ".");
}

bool has_head(const Import& import, const Network& network) {
  for (const auto& [name, tensor] : network.state()) {
    if (in_head(network, name) && import.datasets.contains(import.family_name(name))) return true;
  }
  return false;
}

/// How many names only the network or only the file has.
size_t differing_names(const Import& import, const Network& network) {
  const bool with_head = has_head(import, network);
  size_t both = 0;
  size_t missing = 0;
  for (const auto& [name, tensor] : network.state()) {
    if (in_head(network, name) && !with_head) continue;
    ++(import.datasets.contains(import.family_name(name)) ? both : missing);
  }
  return missing + import.datasets.size() - both;
}

/// The network whose names are most like the file's.
std::string tell_model(const Import& import, const std::shared_ptr<Backend>& backend) {
  std::string best;
  size_t least = 0;
  for (const std::string& model : layers::model_names()) {
    const auto network = layers::make_model(model, {.variant = import.variant}, backend);
    const size_t differing = differing_names(import, *network);
    if (!best.empty() && differing >= least) continue;
    best = model;
    least = differing;
  }
  return best;
}

/// Outputs of the head in the file; 1000 where they cannot be told.
int64_t count_classes(const Hdf5Reader& file, const Import& import, const Network& network) {
  constexpr int64_t kImageNet = 1000;
  constexpr int64_t kMost = 1 << 20;  // more would be a damaged file's
  const auto found = import.datasets.find(import.family_name(network.head_name() + ".weight"));
  if (found == import.datasets.end()) return kImageNet;
  const Shape& shape = file.datasets().at(found->second).shape;
  if (shape.rank() != 2) return kImageNet;
  const int64_t classes = shape[import.order == FileOrder::keras ? 1 : 0];
  return classes >= 1 && classes <= kMost ? classes : kImageNet;
}

void add_problems(std::string& text, std::string_view kind, const std::vector<std::string>& names) {
  if (names.empty()) return;
  text += fmt::format("{}{} {}: {}", text.empty() ? "" : "; ", names.size(), kind,
                      fmt::join(names, ", "));
}

/// Throws Error unless the file has exactly the network's tensors, as numbers of its dtype.
void check_fit(const Hdf5Reader& file, const Import& import, const FittedNetwork& fitted) {
  std::vector<std::string> missing, misshapen, unknown;
  std::set<std::string> known;
  for (const auto& [tensor, value] : fitted.state()) {
    const std::string name = import.family_name(tensor);
    known.insert(name);
    const auto found = import.datasets.find(name);
    if (found == import.datasets.end()) {
      missing.push_back(name);
      continue;
    }
    const Hdf5Dataset& dataset = file.datasets().at(found->second);
    const Shape expected = shape_in_file(import.order, value.shape());
    const bool is_float = dataset.dtype == DType::f32 || dataset.dtype == DType::bf16;
    if (dataset.shape != expected || !is_float) {
      misshapen.push_back(fmt::format("{} {} {} instead of float32 {}", name, dataset.type,
                                      to_string(dataset.shape), to_string(expected)));
    }
  }
  for (const auto& [name, dataset] : import.datasets) {
    if (!known.contains(name)) {
      unknown.push_back(fmt::format("{} {}", name, to_string(file.datasets().at(dataset).shape)));
    }
  }
  std::string problems;
  add_problems(problems, "missing", missing);
  add_problems(problems, "of another shape or type", misshapen);
  add_problems(problems, "unknown", unknown);
  if (!problems.empty()) {
    throw Error("{}: expected the tensors of {} in layout {}, got {}", file.name(),
                fitted.network->name(), import.layout, problems);
  }
}

/// A data set of f32 or bf16. Throws Error when a number is not finite.
void read_floats(const Hdf5Reader& file, const std::string& dataset, std::span<float> out) {
  if (file.datasets().at(dataset).dtype == DType::bf16) {
    std::vector<bf16> half(out.size());
    file.read(dataset, std::as_writable_bytes(std::span(half)));
    std::transform(half.begin(), half.end(), out.begin(),
                   [](bf16 value) { return to_float(value); });
  } else {
    file.read(dataset, std::as_writable_bytes(out));
  }
  const auto bad = std::find_if(out.begin(), out.end(), [](float v) { return !std::isfinite(v); });
  if (bad == out.end()) return;
  throw Error("{}: expected finite numbers at '{}', got {} at index {}", file.name(), dataset, *bad,
              bad - out.begin());
}

}  // namespace

layers::Module::Named FittedNetwork::state() const {
  auto state = network->state();
  if (classes == 0) {
    std::erase_if(state, [this](const auto& named) { return in_head(*network, named.first); });
  }
  return state;
}

FittedNetwork fit_network(const Hdf5Reader& file, const Import& import,
                          const std::shared_ptr<Backend>& backend) {
  const std::string model = import.model.empty() ? tell_model(import, backend) : import.model;
  FittedNetwork fitted;
  fitted.network = layers::make_model(model, {.variant = import.variant}, backend);
  if (has_head(import, *fitted.network)) {
    fitted.classes = count_classes(file, import, *fitted.network);
    fitted.network =
        layers::make_model(model, {.classes = fitted.classes, .variant = import.variant}, backend);
  }
  check_fit(file, import, fitted);
  return fitted;
}

void fill_network(const Hdf5Reader& file, const Import& import, const FittedNetwork& fitted) {
  std::vector<float> in_file, ours;
  for (const auto& [tensor, value] : fitted.state()) {
    in_file.resize(static_cast<size_t>(value.count()));
    ours.resize(in_file.size());
    read_floats(file, import.datasets.at(import.family_name(tensor)), in_file);
    from_file_order(import.order, value.shape(), in_file, ours);
    value.backend()->memory()->copy_from_host(value.view().data, ours.data(),
                                              ours.size() * sizeof(float));
  }
}

}  // namespace tailor::io
