// ResNet-50 of fchollet/deep-learning-models, 2015-16: layers "res2a_branch2a", "bn2a_branch2a".
// Its batch norms have epsilon 1e-3, and "running_std" holds the variance.
#include <algorithm>

#include "io/import_keras.h"

namespace tailor::io {
namespace {

std::string layer_of(const ResnetTensor& t) {
  if (t.in_head) return "fc1000";
  if (t.stage == 0) return t.batch_norm ? "bn_conv1" : "conv1";
  const std::string branch =
      t.unit == 0 ? "1" : fmt::format("2{}", static_cast<char>('a' + t.unit - 1));
  return fmt::format("{}{}{}_branch{}", t.batch_norm ? "bn" : "res", t.stage + 1,
                     static_cast<char>('a' + t.block), branch);
}

/// "layer1.0.conv2.weight" is "res2a_branch2b_W".
std::string keras1_name(const std::string& tensor) {
  static const std::map<std::string, std::string> words{{"kernel", "W"},
                                                        {"bias", "b"},
                                                        {"gamma", "gamma"},
                                                        {"beta", "beta"},
                                                        {"moving_mean", "running_mean"},
                                                        {"moving_variance", "running_std"}};
  const ResnetTensor t(tensor);
  return layer_of(t) + "_" + words.at(t.weight);
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
