// ResNet-18/34/50/101/152: He et al., "Deep residual learning for image recognition" (2015).
#include "layers/resnet.h"

#include <array>

#include "layers/basic.h"

namespace tailor::layers {
namespace {

struct Depth {
  std::string_view name;
  std::array<int, 4> blocks;
  bool bottleneck;
};
constexpr Depth kDepths[] = {
    {"resnet18", {2, 2, 2, 2}, false},  {"resnet34", {3, 4, 6, 3}, false},
    {"resnet50", {3, 4, 6, 3}, true},   {"resnet101", {3, 4, 23, 3}, true},
    {"resnet152", {3, 8, 36, 3}, true},
};

/// What all layers of one network share.
struct Context {
  Variant variant;
  DType dtype;
  std::shared_ptr<Backend> backend;

  std::unique_ptr<Conv2d> conv(int64_t in, int64_t out, int kernel, int stride) const {
    const int pad = kernel / 2;
    return std::make_unique<Conv2d>(in, out, kernel,
                                    tailor::Conv2d{.stride_h = stride,
                                                   .stride_w = stride,
                                                   .pad_top = pad,
                                                   .pad_left = pad,
                                                   .pad_bottom = pad,
                                                   .pad_right = pad},
                                    variant.conv_bias, dtype, backend);
  }
  std::unique_ptr<BatchNorm2d> norm(int64_t channels) const {
    return std::make_unique<BatchNorm2d>(channels, variant.epsilon, dtype, backend);
  }
};

/// A convolution and its batch norm.
struct Unit {
  std::unique_ptr<Conv2d> conv;
  std::unique_ptr<BatchNorm2d> norm;

  Unit(const Context& c, int64_t in, int64_t out, int kernel, int stride)
      : conv(c.conv(in, out, kernel, stride)), norm(c.norm(out)) {}
  Tensor operator()(const Tensor& x, Activation activation, const Tensor& residual = {}) {
    return norm->forward(conv->forward(x), activation, residual);
  }
};

/// The shortcut where the shape changes, under torchvision's names downsample.0 and .1.
class Downsample : public Module {
 public:
  Downsample(const Context& c, int64_t in, int64_t out, int stride) : unit_(c, in, out, 1, stride) {
    register_module("0", *unit_.conv);
    register_module("1", *unit_.norm);
  }
  Tensor forward(const Tensor& x) override { return unit_(x, Activation::none); }

 private:
  Unit unit_;
};

/// BasicBlock (two 3x3) and Bottleneck (1x1, 3x3, 1x1 four times as wide) in one:
/// relu(the convolutions of x + shortcut of x).
class ResidualBlock : public Module {
 public:
  ResidualBlock(const Context& c, bool bottleneck, int64_t in, int64_t width, int stride) {
    const int64_t out = bottleneck ? 4 * width : width;
    if (bottleneck) {
      const bool first = c.variant.stride_on == StrideOn::conv1x1;
      units_.emplace_back(c, in, width, 1, first ? stride : 1);
      units_.emplace_back(c, width, width, 3, first ? 1 : stride);
      units_.emplace_back(c, width, out, 1, 1);
    } else {
      units_.emplace_back(c, in, width, 3, stride);
      units_.emplace_back(c, width, width, 3, 1);
    }
    for (size_t i = 0; i < units_.size(); ++i) {
      register_module(fmt::format("conv{}", i + 1), *units_[i].conv);
      register_module(fmt::format("bn{}", i + 1), *units_[i].norm);
    }
    if (stride != 1 || in != out) {
      downsample_ = std::make_unique<Downsample>(c, in, out, stride);
      register_module("downsample", *downsample_);
    }
  }

  Tensor forward(const Tensor& x) override {
    const Tensor shortcut = downsample_ ? downsample_->forward(x) : x;
    Tensor y = x;
    for (size_t i = 0; i + 1 < units_.size(); ++i) y = units_[i](y, Activation::relu);
    return units_.back()(y, Activation::relu, shortcut);
  }

 private:
  std::vector<Unit> units_;
  std::unique_ptr<Downsample> downsample_;
};

/// Blocks one after the other, named 0, 1, 2, ...
class Stage : public Module {
 public:
  Stage(const Context& c, bool bottleneck, int blocks, int64_t in, int64_t width, int stride) {
    for (int b = 0; b < blocks; ++b) {
      blocks_.push_back(std::make_unique<ResidualBlock>(c, bottleneck, in, width, b ? 1 : stride));
      register_module(std::to_string(b), *blocks_.back());
      in = bottleneck ? 4 * width : width;
    }
  }
  Tensor forward(const Tensor& x) override {
    Tensor y = x;
    for (const auto& block : blocks_) y = block->forward(y);
    return y;
  }

 private:
  std::vector<std::unique_ptr<ResidualBlock>> blocks_;
};

class ResNet final : public Network {
 public:
  ResNet(const Depth& depth, const NetworkOptions& options, const std::shared_ptr<Backend>& backend)
      : Network(std::string(depth.name), options),
        stem_({options.variant, options.dtype, backend}, 3, 64, 7, 2),
        feature_count_(depth.bottleneck ? 2048 : 512),
        fc_(feature_count_, options.classes, options.dtype, backend) {
    const Context c{options.variant, options.dtype, backend};
    register_module("conv1", *stem_.conv);
    register_module("bn1", *stem_.norm);
    int64_t in = 64;
    for (size_t s = 0; s < stages_.size(); ++s) {
      const int64_t width = int64_t{64} << s;
      stages_[s] =
          std::make_unique<Stage>(c, depth.bottleneck, depth.blocks[s], in, width, s == 0 ? 1 : 2);
      register_module(fmt::format("layer{}", s + 1), *stages_[s]);
      in = depth.bottleneck ? 4 * width : width;
    }
    register_module("fc", fc_);
  }

  Tensor feature_map(const Tensor& x) override {
    const int pad = options().variant.pool_padding ? 1 : 0;
    Tensor y = max_pool2d(stem_(x, Activation::relu), {.kernel_h = 3,
                                                       .kernel_w = 3,
                                                       .stride_h = 2,
                                                       .stride_w = 2,
                                                       .pad_top = pad,
                                                       .pad_left = pad,
                                                       .pad_bottom = pad,
                                                       .pad_right = pad});
    for (const auto& stage : stages_) y = stage->forward(y);
    return y;
  }
  Tensor head(const Tensor& features) override { return fc_.forward(features); }
  std::string head_name() const override { return "fc"; }
  std::vector<std::vector<std::string>> stages() const override {
    return {{"conv1", "bn1"}, {"layer1"}, {"layer2"}, {"layer3"}, {"layer4"}, {"fc"}};
  }
  int64_t feature_count() const override { return feature_count_; }
  int input_size() const override { return 224; }

 private:
  Unit stem_;
  std::array<std::unique_ptr<Stage>, 4> stages_;
  int64_t feature_count_;
  Linear fc_;
};

}  // namespace

std::vector<std::string> resnet_names() {
  std::vector<std::string> names;
  for (const Depth& depth : kDepths) names.emplace_back(depth.name);
  return names;
}

std::unique_ptr<Network> make_resnet(std::string_view name, const NetworkOptions& options,
                                     const std::shared_ptr<Backend>& backend) {
  for (const Depth& depth : kDepths) {
    if (depth.name == name) return std::make_unique<ResNet>(depth, options, backend);
  }
  return nullptr;
}

}  // namespace tailor::layers
