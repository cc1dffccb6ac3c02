#include "train/heat_map.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "io/resize.h"

namespace tailor::train {
namespace {

/// No parameter gets a gradient while it lives.
class NoParameterGradients {
 public:
  explicit NoParameterGradients(const layers::Network& network)
      : parameters_(network.trainable_parameters()) {
    set(false);
  }
  ~NoParameterGradients() { set(true); }
  NoParameterGradients(const NoParameterGradients&) = delete;
  NoParameterGradients& operator=(const NoParameterGradients&) = delete;

 private:
  void set(bool requires_grad) {
    for (auto& [name, tensor] : parameters_) tensor.set_requires_grad(requires_grad);
  }
  layers::Module::Named parameters_;
};

/// One photo's map from its activations and their gradients, [places, channels] each.
std::vector<float> weighted_sum(std::span<const float> activations, std::span<const float> gradient,
                                size_t places) {
  const size_t channels = activations.size() / places;
  std::vector<double> weights(channels);
  for (size_t i = 0; i < gradient.size(); ++i) weights[i % channels] += gradient[i];
  std::vector<double> sums(places);
  for (size_t i = 0; i < activations.size(); ++i) {
    sums[i / channels] += weights[i % channels] * activations[i];
  }
  const double greatest = *std::max_element(sums.begin(), sums.end());
  std::vector<float> map(places);
  for (size_t i = 0; i < places && greatest > 0; ++i) {
    map[i] = static_cast<float>(std::max(0.0, sums[i]) / greatest);
  }
  return map;
}

using Colour = std::array<double, 3>;

/// inferno at 0, 1/8, ..., 1
constexpr Colour kInferno[] = {{0x00, 0x00, 0x04}, {0x21, 0x0C, 0x4A}, {0x56, 0x10, 0x6E},
                               {0x89, 0x22, 0x6A}, {0xBB, 0x37, 0x54}, {0xE3, 0x59, 0x32},
                               {0xF9, 0x8C, 0x0A}, {0xF9, 0xC9, 0x32}, {0xFC, 0xFF, 0xA4}};

/// value in 0..1
Colour inferno(double value) {
  constexpr size_t kSteps = std::size(kInferno) - 1;
  const double at = value * kSteps;
  const size_t below = std::min(static_cast<size_t>(at), kSteps - 1);
  const double share = at - static_cast<double>(below);
  Colour colour{};
  for (size_t c = 0; c < 3; ++c) {
    colour[c] = std::lerp(kInferno[below][c], kInferno[below + 1][c], share);
  }
  return colour;
}

/// The map as a grey picture of the size of `picture`.
io::Image enlarged(const HeatMap& map, const io::Image& picture) {
  io::Image grey{map.width, map.height, {}};
  for (const float value : map.values) {
    grey.rgb.insert(grey.rgb.end(), 3, static_cast<uint8_t>(std::lround(255 * value)));
  }
  return io::resize(grey, picture.width, picture.height);
}

}  // namespace

std::vector<HeatMap> heat_maps(layers::Network& network, const Tensor& x,
                               std::span<const size_t> classes) {
  const layers::EvalMode eval(network);
  const NoParameterGradients frozen(network);
  Tensor map;
  {
    const NoGrad guard;
    map = network.feature_map(x);
  }
  map.set_requires_grad(true);
  const Tensor logits = network.head(network.pool(map));
  std::vector<float> chosen(static_cast<size_t>(logits.count()));
  const auto width = static_cast<size_t>(logits.shape()[1]);
  for (size_t i = 0; i < classes.size(); ++i) chosen[i * width + classes[i]] = 1;
  logits.backward(Tensor::from(chosen, logits.shape(), logits.backend()));

  const std::vector<float> activations = map.detach().to_vector<float>();
  const std::vector<float> gradients = map.grad().to_vector<float>();
  const size_t each = activations.size() / classes.size();
  const auto height = map.shape()[1], columns = map.shape()[2];
  std::vector<HeatMap> maps;
  for (size_t i = 0; i < classes.size(); ++i) {
    maps.push_back({static_cast<int>(columns), static_cast<int>(height),
                    weighted_sum(std::span(activations).subspan(i * each, each),
                                 std::span(gradients).subspan(i * each, each),
                                 static_cast<size_t>(height * columns))});
  }
  return maps;
}

io::Image overlay(const io::Image& picture, const HeatMap& map) {
  const io::Image heat = enlarged(map, picture);
  io::Image result = picture;
  for (size_t i = 0; i < result.rgb.size(); ++i) {
    const double value = heat.rgb[i] / 255.0;
    const double opacity = 0.25 + 0.45 * value;
    result.rgb[i] = static_cast<uint8_t>(std::lround(
        std::lerp(static_cast<double>(picture.rgb[i]), inferno(value)[i % 3], opacity)));
  }
  return result;
}

}  // namespace tailor::train
