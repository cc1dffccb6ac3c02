// ResNets of keras-applications, 2018 on: layers "conv2_block1_1_conv", "conv2_block1_1_bn", where
// number 0 is the shortcut. The head is "predictions", at first "probs".
#include <algorithm>

#include "io/import.h"

namespace tailor::io {
namespace {

/// "layer1.0.conv2.weight" is "conv2_block1_2_conv/kernel".
std::string keras2_name(const std::string& tensor) {
  const TensorName name(tensor);
  std::string layer = name.module;
  bool batch_norm = name.module == "bn1";
  if (const auto block = parse_block(name.module)) {
    const std::string& m = block->module;  // conv2, bn2, downsample.0, downsample.1
    const bool shortcut = m.starts_with("downsample");
    batch_norm = m.starts_with("bn") || m == "downsample.1";
    layer = fmt::format("conv{}_block{}_{}_{}", block->stage + 1, block->block + 1,
                        shortcut ? '0' : m.back(), batch_norm ? "bn" : "conv");
  } else if (name.module == "fc") {
    layer = "predictions";
  } else {
    layer = batch_norm ? "conv1_bn" : "conv1_conv";
  }
  const std::string& leaf = name.leaf;
  if (leaf == "weight") return layer + (batch_norm ? "/gamma" : "/kernel");
  if (leaf == "bias") return layer + (batch_norm ? "/beta" : "/bias");
  return layer + (leaf == "running_var" ? "/moving_variance" : "/moving_mean");
}

}  // namespace

std::optional<Import> import_keras2(const Hdf5Reader& file) {
  const auto weights = keras_weights(file);
  const bool ours = std::any_of(weights.begin(), weights.end(), [](const KerasWeight& weight) {
    return weight.layer.starts_with("conv2_block1_") || weight.layer == "conv1_conv";
  });
  if (!ours) return std::nullopt;
  Import import{.layout = "keras2",
                .model = "",
                .variant = {.stride_on = StrideOn::conv1x1,
                            .conv_bias = true,
                            .epsilon = 1.001e-5,
                            .pool_padding = true,
                            .preprocessing = Preprocessing::caffe},
                .order = FileOrder::keras,
                .datasets = {},
                .family_name = keras2_name};
  for (const KerasWeight& weight : weights) {
    const std::string layer = weight.layer == "probs" ? "predictions" : weight.layer;
    add_weight(file, import, layer + "/" + bare_keras_name(weight.name), weight);
  }
  return import;
}

}  // namespace tailor::io
