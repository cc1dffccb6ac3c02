// Keras's names of the ResNets' tensors, of both generations.
#include <cstdio>
#include <limits>
#include <map>

#include "io/keras_names.h"

namespace tailor::io {
namespace {

/// Where a tensor of ours stands in a ResNet: "layer1.0.bn2.weight" is the gamma of the second
/// batch norm in block 0 of stage 1.
struct Place {
  bool in_head = false;
  int stage = 0;  ///< from 1; 0 is the stem
  int block = 0;  ///< from 0
  int unit = 0;   ///< of the block: its convolutions from 1, the shortcut 0
  bool batch_norm = false;
  std::string weight;  ///< in Keras's words: "kernel"

  /// What is no tensor of a ResNet counts as the stem's.
  explicit Place(const std::string& tensor) {
    std::string module = tensor.substr(0, tensor.rfind('.'));  // "layer1.0.bn2"
    const std::string leaf = tensor.substr(tensor.rfind('.') + 1);
    int length = 0;
    if (std::sscanf(module.c_str(), "layer%1d.%2d.%n", &stage, &block, &length) == 2) {
      module.erase(0, static_cast<size_t>(length));
    }
    in_head = module == "fc";
    batch_norm = module.starts_with("bn") || module == "downsample.1";
    if (stage > 0 && !module.starts_with("downsample")) unit = module.back() - '0';

    if (leaf == "weight") weight = batch_norm ? "gamma" : "kernel";
    if (leaf == "bias") weight = batch_norm ? "beta" : "bias";
    if (leaf == "running_mean") weight = "moving_mean";
    if (leaf == "running_var") weight = "moving_variance";
  }
};

/// By depth: in a block without shortcut one after the other; with one, its convolution and batch
/// norm stand beside the block's last, and which of the two comes first depends on the order in
/// which they were added up.
int order(const Place& p, bool shortcut_first) {
  if (p.in_head) return std::numeric_limits<int>::max();
  const int block = (p.stage * 100 + p.block) * 10;
  const bool beside = p.stage > 0 && (p.unit == 0 || p.unit == 3);
  if (!beside) return block + 2 * p.unit + (p.batch_norm ? 1 : 0);
  const bool second = (p.unit == 0) != shortcut_first;
  return block + 6 + (p.batch_norm ? 2 : 0) + (second ? 1 : 0);
}

std::string keras1_layer(const Place& p) {
  if (p.in_head) return "fc1000";
  if (p.stage == 0) return p.batch_norm ? "bn_conv1" : "conv1";
  const std::string branch =
      p.unit == 0 ? "1" : fmt::format("2{}", static_cast<char>('a' + p.unit - 1));
  return fmt::format("{}{}{}_branch{}", p.batch_norm ? "bn" : "res", p.stage + 1,
                     static_cast<char>('a' + p.block), branch);
}

/// "layer1.0.conv2.weight" is "res2a_branch2b/res2a_branch2b_W".
std::string keras1_name(const std::string& tensor) {
  static const std::map<std::string, std::string> words{{"kernel", "W"},
                                                        {"bias", "b"},
                                                        {"gamma", "gamma"},
                                                        {"beta", "beta"},
                                                        {"moving_mean", "running_mean"},
                                                        {"moving_variance", "running_std"}};
  const Place p(tensor);
  const std::string layer = keras1_layer(p);
  return fmt::format("{}/{}_{}", layer, layer, words.at(p.weight));
}

/// "layer1.0.conv2.weight" is "conv2_block1_2_conv/kernel"; number 0 is the shortcut.
std::string keras_name(const std::string& tensor) {
  const Place p(tensor);
  const std::string_view kind = p.batch_norm ? "bn" : "conv";
  if (p.in_head) return "predictions/" + p.weight;
  if (p.stage == 0) return fmt::format("conv1_{}/{}", kind, p.weight);
  return fmt::format("conv{}_block{}_{}_{}/{}", p.stage + 1, p.block + 1, p.unit, kind, p.weight);
}

constexpr Variant kVariant{.stride_on = StrideOn::conv1x1,
                           .conv_bias = true,
                           .epsilon = 1.001e-5,
                           .pool_padding = true,
                           .preprocessing = Preprocessing::caffe};

constexpr Variant keras1_variant() {
  Variant variant = kVariant;
  variant.epsilon = 1e-3;
  return variant;
}

}  // namespace

/// fchollet/deep-learning-models, 2015-16, where "running_std" holds the variance.
KerasFamily keras1_resnet() {
  return {.layout = "keras1",
          .models = {"resnet50"},
          .variant = keras1_variant(),
          .signs = {"bn_conv1", "res2a_branch"},
          .name = keras1_name,
          .place = [](const std::string& tensor) { return order(Place(tensor), false); }};
}

/// keras-applications, 2018 on.
KerasFamily keras_resnet() {
  return {.layout = "",
          .models = {"resnet50", "resnet101", "resnet152"},
          .variant = kVariant,
          .signs = {"conv1_conv", "conv2_block1_"},
          .name = keras_name,
          .place = [](const std::string& tensor) { return order(Place(tensor), true); }};
}

}  // namespace tailor::io
