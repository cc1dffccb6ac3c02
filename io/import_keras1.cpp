// ResNet-50 of fchollet/deep-learning-models, 2015-16: layers "res2a_branch2a", "bn2a_branch2a".
// Its batch norms have epsilon 1e-3, and "running_std" holds the variance.
#include <algorithm>

#include "io/import.h"

namespace tailor::io {
namespace {

/// "layer1.0.conv2.weight" is "res2a_branch2b_W".
std::string keras1_name(const std::string& tensor) {
  const TensorName name(tensor);
  std::string layer = name.module;
  bool batch_norm = false;
  if (const auto block = parse_block(name.module)) {
    const std::string& m = block->module;  // conv2, bn2, downsample.0, downsample.1
    const bool shortcut = m.starts_with("downsample");
    batch_norm = m.starts_with("bn") || m == "downsample.1";
    layer = fmt::format(
        "{}{}{}_branch{}", batch_norm ? "bn" : "res", block->stage + 1,
        static_cast<char>('a' + block->block),
        shortcut ? std::string("1") : fmt::format("2{}", static_cast<char>('a' + m.back() - '1')));
  } else if (name.module == "bn1") {
    batch_norm = true;
    layer = "bn_conv1";
  } else if (name.module == "fc") {
    layer = "fc1000";
  }
  const std::string& leaf = name.leaf;
  if (leaf == "weight") return layer + (batch_norm ? "_gamma" : "_W");
  if (leaf == "bias") return layer + (batch_norm ? "_beta" : "_b");
  return layer + (leaf == "running_var" ? "_running_std" : "_running_mean");
}

}  // namespace

std::optional<Import> import_keras1(const Hdf5Reader& file) {
  const auto weights = keras_weights(file);
  const bool ours = std::any_of(weights.begin(), weights.end(), [](const KerasWeight& weight) {
    return weight.layer.starts_with("res2a_branch") || weight.layer == "bn_conv1";
  });
  if (!ours) return std::nullopt;
  Import import{.layout = "keras1",
                .model = "resnet50",
                .variant = {.stride_on = StrideOn::conv1x1,
                            .conv_bias = true,
                            .epsilon = 1e-3,
                            .pool_padding = true,
                            .preprocessing = Preprocessing::caffe},
                .order = FileOrder::keras,
                .datasets = {},
                .family_name = keras1_name};
  for (const KerasWeight& weight : weights) {
    add_weight(file, import, bare_keras_name(weight.name), weight);
  }
  return import;
}

}  // namespace tailor::io
