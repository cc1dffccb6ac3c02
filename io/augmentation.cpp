#include "io/augmentation.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "kernels/api/error.h"

namespace tailor::io {
namespace {

constexpr std::array kSets = {
    Augmentation{.name = "none"},
    Augmentation{.name = "light", .framing = random_square, .flip = 0.5F},
    Augmentation{
        .name = "standard",
        .framing = random_area,
        .flip = 0.5F,
        .jitter = {.brightness = 0.2F, .contrast = 0.2F, .saturation = 0.2F, .hue = 0.05F}},
    Augmentation{.name = "occlusion",
                 .framing = random_area,
                 .flip = 0.5F,
                 .jitter = {.brightness = 0.2F, .contrast = 0.2F, .saturation = 0.2F, .hue = 0.05F},
                 .erase = 0.5F}};

/// torchvision's ColorJitter.
std::array<ColourStep, 4> draw_colours(const Augmentation::Jitter& jitter, RandomStream& random) {
  using Kind = ColourStep::Kind;
  std::array kinds = {Kind::brightness, Kind::contrast, Kind::saturation, Kind::hue};
  for (uint32_t i = 4; i > 1; --i)
    std::swap(kinds[i - 1], kinds[random.below(i)]);  // Fisher, Yates
  const auto around = [&](float middle, float width) {
    return middle + width * (2 * random.uniform() - 1);
  };
  std::array<float, 5> factors{};  // by kind
  factors[static_cast<size_t>(Kind::brightness)] = around(1, jitter.brightness);
  factors[static_cast<size_t>(Kind::contrast)] = around(1, jitter.contrast);
  factors[static_cast<size_t>(Kind::saturation)] = around(1, jitter.saturation);
  factors[static_cast<size_t>(Kind::hue)] = around(0, jitter.hue);
  std::array<ColourStep, 4> steps;
  for (size_t i = 0; i < 4; ++i) steps[i] = {kinds[i], factors[static_cast<size_t>(kinds[i])]};
  return steps;
}

/// torchvision's RandomErasing, whose aspect ratio is height / width.
Rectangle draw_erased(int size, RandomStream& random) {
  constexpr Proportions kProportions{0.02, 0.33, 1 / 3.3, 1 / 0.3, 1};
  const auto part = random_part(size, size, kProportions, random);
  if (!part) return {};
  return {static_cast<int>(part->top), static_cast<int>(part->left), part->height, part->width};
}

}  // namespace

std::vector<std::string> augmentation_names() {
  std::vector<std::string> names;
  names.reserve(kSets.size());
  for (const Augmentation& set : kSets) names.emplace_back(set.name);
  return names;
}

const Augmentation& find_augmentation(std::string_view name) {
  const auto* found =
      std::find_if(kSets.begin(), kSets.end(), [&](const auto& set) { return set.name == name; });
  if (found == kSets.end()) {
    throw Error("augmentation: expected one of {}, got {}", fmt::join(augmentation_names(), ", "),
                name);
  }
  return *found;
}

PhotoChange draw_change(const Augmentation& set, int size, RandomStream& random) {
  PhotoChange change;
  if (set.flip > 0) change.flip = random.uniform() < set.flip;
  if (set.jitter.brightness > 0) change.colours = draw_colours(set.jitter, random);
  if (set.erase > 0 && random.uniform() < set.erase) change.erase = draw_erased(size, random);
  return change;
}

}  // namespace tailor::io
