// ResNets of keras-applications, 2018 on: layers "conv2_block1_1_conv", "conv2_block1_1_bn", where
// number 0 is the shortcut. The head is "predictions", at first "probs".
#include <algorithm>

#include "io/import_keras.h"

namespace tailor::io {
namespace {

/// "layer1.0.conv2.weight" is "conv2_block1_2_conv/kernel".
std::string keras2_name(const std::string& tensor) {
  const ResnetTensor t(tensor);
  const std::string_view kind = t.batch_norm ? "bn" : "conv";
  if (t.in_head) return "predictions/" + t.weight;
  if (t.stage == 0) return fmt::format("conv1_{}/{}", kind, t.weight);
  return fmt::format("conv{}_block{}_{}_{}/{}", t.stage + 1, t.block + 1, t.unit, kind, t.weight);
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
