#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

using Kind = ColourStep::Kind;

/// Where hues and greys change over, and what is hard to divide by.
Fill pure_colours() {
  return given({255, 0,   0,   0,   255, 0,   0,   0,   255, 255, 255, 0,   0,   255,
                255, 255, 0,   255, 0,   0,   0,   1,   0,   0,   0,   1,   0,   0,
                0,   1,   255, 255, 255, 128, 128, 128, 254, 255, 255, 200, 120, 90,
                7,   7,   6,   253, 0,   254, 17,  170, 85,  90,  200, 120});
}

/// Every photo of the batch by a change of its own, in turn.
void add_augment(std::vector<Case>& cases, const std::string& name, const Shape& x,
                 const std::vector<PhotoChange>& changes, const Fill& fill = labels(256),
                 DType to = DType::u8, const Normalize& normalize = {}) {
  std::vector<PhotoChange> photos;
  for (int64_t n = 0; n < x[0]; ++n) {
    photos.push_back(changes[static_cast<size_t>(n) % changes.size()]);
  }
  cases.push_back({.op = Op::augment,
                   .name = fmt::format("{}/{}", to_string(x), name),
                   .arguments = {in("x", x, fill), out("y", to, x)},
                   .call =
                       [photos, normalize](Backend& b, Views v) {
                         b.augment({photos, {124, 116, 104}, normalize}, v[0], v[1]);
                       },
                   .dtypes = {DType::u8}});
}

PhotoChange step(Kind kind, float factor) { return {.colours = {{{kind, factor}}}}; }

/// The four kinds of changes, the first of them `first`.
PhotoChange all_steps(size_t first) {
  constexpr std::array<ColourStep, 4> kSteps = {{{Kind::brightness, 1.2F},
                                                 {Kind::contrast, 0.7F},
                                                 {Kind::saturation, 1.5F},
                                                 {Kind::hue, -0.3F}}};
  PhotoChange change{.flip = first % 2 == 1};
  for (size_t i = 0; i < 4; ++i) change.colours[i] = kSteps[(first + i) % 4];
  return change;
}

}  // namespace

void add_augment_cases(std::vector<Case>& cases) {
  const std::vector<Shape> shapes = {{1, 1, 1, 3}, {2, 5, 7, 3}, {3, 18, 1, 3}, {5, 9, 70, 3}};
  const std::vector<PhotoChange> every_order = {all_steps(0), all_steps(1), all_steps(2),
                                                all_steps(3)};
  for (const Shape& x : shapes) {
    add_augment(cases, "nothing", x, {{}});
    add_augment(cases, "flip", x, {{.flip = true}, {.flip = false}});
    for (const auto& [kind, name] : {std::pair{Kind::brightness, "brightness"},
                                     {Kind::contrast, "contrast"},
                                     {Kind::saturation, "saturation"}}) {
      const std::vector<PhotoChange> changes = {step(kind, 0.6F), step(kind, 1.4F), step(kind, 0),
                                                step(kind, 1), step(kind, 1000)};
      add_augment(cases, name, x, changes);
      add_augment(cases, fmt::format("{}_of_pure_colours", name), x, changes, pure_colours());
    }
    const std::vector<PhotoChange> hues = {step(Kind::hue, 0.05F), step(Kind::hue, -0.1F),
                                           step(Kind::hue, 0), step(Kind::hue, 0.5F),
                                           step(Kind::hue, -0.5F)};
    add_augment(cases, "hue", x, hues);
    add_augment(cases, "hue_of_pure_colours", x, hues, pure_colours());
    add_augment(cases, "every_order", x, every_order);
    add_unaligned(cases);
    add_augment(cases, "grey", x, every_order, given({77}));
  }
  const Shape x{4, 13, 11, 3};
  add_augment(cases, "erase", x,
              {{.erase = {0, 0, 13, 11}},
               {.erase = {12, 10, 1, 1}},
               {.flip = true, .erase = {3, 2, 7, 5}},
               {.erase = {3, 2, 0, 5}}});
  const Normalize imagenet{
      .scale = 255, .mean = {0.485F, 0.456F, 0.406F}, .std = {0.229F, 0.224F, 0.225F}};
  const Normalize caffe{.mean = {103.939F, 116.779F, 123.68F}, .bgr = true};
  for (const DType to : {DType::f32, DType::bf16}) {
    const auto add = [&](const char* name, const Normalize& normalize) {
      add_augment(cases, fmt::format("to_{}/{}", tailor::name_of(to), name), x, every_order,
                  labels(256), to, normalize);
      add_unaligned(cases);
    };
    add("imagenet", imagenet);
    add("caffe", caffe);
    add("as_it_is", {});
  }
}

}  // namespace tailor::verify
