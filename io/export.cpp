#include "io/export.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "io/replace_file.h"
#include "io/variant_names.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

struct Misfit {
  std::string expected;
  std::string got;
};

template <class T>
std::optional<Misfit> compare(std::string_view property, const T& expected, const T& got) {
  if (expected == got) return std::nullopt;
  return Misfit{fmt::format("{} {}", property, expected), fmt::format("{}", got)};
}

/// The first property that files of the layout cannot have.
std::optional<Misfit> misfit(const Weights& weights, std::string_view layout) {
  const Expressible all =
      layout == "torchvision" ? expressible_in_torchvision() : expressible_in_keras(layout);
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const auto& network) { return network.first == weights.model; });
  if (found == all.end()) {
    std::vector<std::string> names;
    for (const auto& [name, variant] : all) names.push_back(name);
    return Misfit{fmt::format("one of {}", fmt::join(names, ", ")), weights.model};
  }
  const Variant& can = found->second;
  const Variant& have = weights.variant;
  auto first = compare("stride_on", name_of(can.stride_on), name_of(have.stride_on));
  if (!first) first = compare("conv_bias", can.conv_bias, have.conv_bias);
  if (!first) first = compare("epsilon", can.epsilon, have.epsilon);
  if (!first) first = compare("pool_padding", can.pool_padding, have.pool_padding);
  if (!first) {
    first = compare("preprocessing", name_of(can.preprocessing), name_of(have.preprocessing));
  }
  return first;
}

/// "(try --layout torchvision or model)", of the layouts that fit.
std::string hint(const Weights& weights) {
  std::vector<std::string> layouts;
  for (const std::string& layout : export_layouts()) {
    if (can_export(weights, layout)) layouts.push_back(layout);
  }
  if (weights.classes > 0) layouts.emplace_back("model");
  return layouts.empty() ? "" : fmt::format(" (try --layout {})", fmt::join(layouts, " or "));
}

}  // namespace

const std::vector<std::string>& export_layouts() {
  static const std::vector<std::string> layouts{"keras1", "keras2", "keras3", "torchvision"};
  return layouts;
}

bool can_export(const Weights& weights, std::string_view layout) {
  return !misfit(weights, layout);
}

void export_weights(const std::filesystem::path& path, const Weights& weights,
                    std::string_view layout) {
  if (const auto found = misfit(weights, layout)) {
    throw Error("{}: expected {} in layout {}, got {}{}", path.string(), found->expected, layout,
                found->got, hint(weights));
  }
  replace_file(path, [&](const std::filesystem::path& part) {
    if (layout == "torchvision") {
      write_torchvision(part, weights);
    } else {
      write_keras(part, weights, layout);
    }
  });
}

void write_tensor(Hdf5Writer& file, const std::string& dataset, FileOrder order,
                  const Tensor& tensor) {
  const std::vector<float> ours = tensor.to_vector<float>();
  std::vector<float> in_file(ours.size());
  to_file_order(order, tensor.shape(), ours, in_file);
  file.write(dataset, shape_in_file(order, tensor.shape()), std::span<const float>(in_file));
}

}  // namespace tailor::io
