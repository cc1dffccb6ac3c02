// The named sets: what they draw, and how often.
#include "io/augmentation.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>

#include "tests/support/errors.h"

namespace tailor::io {
namespace {

using Kind = ColourStep::Kind;

constexpr int kDraws = 4000;
constexpr int kSize = 224;

RandomStream stream(int photo) {
  return {/*seed=*/3, Stream::augment, static_cast<uint64_t>(photo), /*step=*/0};
}

std::vector<PhotoChange> changes(const char* set) {
  std::vector<PhotoChange> all;
  for (int photo = 0; photo < kDraws; ++photo) {
    RandomStream random = stream(photo);
    all.push_back(draw_change(find_augmentation(set), kSize, random));
  }
  return all;
}

/// Four standard deviations of the number of `share` among all draws.
double scatter(double share) { return 4 * std::sqrt(kDraws * share * (1 - share)); }

TEST(Augmentation, NamesAreThoseOfTheDesign) {
  EXPECT_EQ(augmentation_names(),
            (std::vector<std::string>{"none", "light", "standard", "occlusion"}));
  EXPECT_EQ(test::error_of([] { find_augmentation("wild"); }),
            "augmentation: expected one of none, light, standard, occlusion, got wild");
}

TEST(Augmentation, NoneDrawsNothingLightFlips) {
  for (const PhotoChange& change : changes("none")) ASSERT_EQ(change, PhotoChange{});
  int flipped = 0;
  for (const PhotoChange& change : changes("light")) {
    ASSERT_EQ(change, PhotoChange{.flip = change.flip});
    flipped += change.flip;
  }
  EXPECT_NEAR(flipped, kDraws / 2, scatter(0.5));
}

TEST(Augmentation, StandardJittersInEveryOrder) {
  std::map<std::array<Kind, 4>, int> orders;
  std::map<Kind, double> sums, least, most;
  int flipped = 0;
  for (const PhotoChange& change : changes("standard")) {
    std::array<Kind, 4> order{};
    for (size_t i = 0; i < 4; ++i) {
      const auto& [kind, factor] = change.colours[i];
      order[i] = kind;
      sums[kind] += factor;
      least[kind] = std::min<double>(least.try_emplace(kind, factor).first->second, factor);
      most[kind] = std::max<double>(most.try_emplace(kind, factor).first->second, factor);
    }
    ++orders[order];
    flipped += change.flip;
    ASSERT_EQ(change.erase, Rectangle{});
  }
  EXPECT_EQ(orders.size(), 24U);
  for (const auto& [order, times] : orders) EXPECT_NEAR(times, kDraws / 24.0, scatter(1 / 24.0));
  EXPECT_NEAR(flipped, kDraws / 2, scatter(0.5));
  for (const auto& [kind, sum] : sums) {
    const double middle = kind == Kind::hue ? 0 : 1, width = kind == Kind::hue ? 0.05 : 0.2;
    EXPECT_NEAR(sum / kDraws, middle, 4 * width / std::sqrt(3.0 * kDraws));
    EXPECT_GE(least[kind], middle - width - 1e-6);
    EXPECT_LE(most[kind], middle + width + 1e-6);
    EXPECT_NEAR(most[kind] - least[kind], 2 * width, 0.01 * width) << "the ends are reached";
  }
}

TEST(Augmentation, OcclusionErasesHalfOfThem) {
  int erased = 0;
  double smallest = 1, largest = 0, flattest = 1, steepest = 1;
  for (const PhotoChange& change : changes("occlusion")) {
    const auto& [top, left, height, width] = change.erase;
    if (height == 0) continue;
    ++erased;
    ASSERT_TRUE(top >= 0 && left >= 0 && top + height <= kSize && left + width <= kSize);
    ASSERT_TRUE(height < kSize && width < kSize);
    const double area = double(height) * width / (kSize * kSize), aspect = double(height) / width;
    smallest = std::min(smallest, area);
    largest = std::max(largest, area);
    flattest = std::min(flattest, aspect);
    steepest = std::max(steepest, aspect);
  }
  EXPECT_NEAR(erased, kDraws / 2, scatter(0.5));
  EXPECT_NEAR(smallest, 0.02, 0.002);  // sides are whole numbers of pixels
  EXPECT_NEAR(largest, 0.33, 0.01);
  EXPECT_NEAR(flattest, 0.3, 0.02);
  EXPECT_NEAR(steepest, 3.3, 0.2);
}

TEST(Augmentation, SetsAddToEachOther) {
  // What a set does beyond another comes after the other's draws.
  const auto standard = changes("standard"), occlusion = changes("occlusion");
  for (size_t i = 0; i < standard.size(); ++i) {
    PhotoChange change = occlusion[i];
    change.erase = {};
    ASSERT_EQ(change, standard[i]);
  }
}

TEST(Framing, RandomAreaHasTheRightSizesAndPlaces) {
  constexpr int kWidth = 400, kHeight = 360;
  double smallest = 1, largest = 0, narrowest = 1, widest = 1;
  bool at_left = false, at_right = false, at_top = false, at_bottom = false;
  for (int photo = 0; photo < kDraws; ++photo) {
    RandomStream random = stream(photo);
    const auto& [cut, width, height, part] = random_area(kWidth, kHeight, kSize, random);
    ASSERT_TRUE(cut.left >= 0 && cut.top >= 0 && cut.left + cut.width <= kWidth &&
                cut.top + cut.height <= kHeight);
    EXPECT_TRUE(width == kSize && height == kSize && part.width == kSize && part.height == kSize);
    const double area = double(cut.width) * cut.height / (kWidth * kHeight);
    const double aspect = double(cut.width) / cut.height;
    smallest = std::min(smallest, area);
    largest = std::max(largest, area);
    narrowest = std::min(narrowest, aspect);
    widest = std::max(widest, aspect);
    at_left |= cut.left == 0;
    at_top |= cut.top == 0;
    at_right |= cut.left + cut.width == kWidth;
    at_bottom |= cut.top + cut.height == kHeight;
  }
  EXPECT_NEAR(smallest, 0.35, 0.005);
  EXPECT_NEAR(largest, 1, 0.01);
  EXPECT_NEAR(narrowest, 0.75, 0.005);
  EXPECT_NEAR(widest, 4.0 / 3, 0.01);
  EXPECT_TRUE(at_left && at_right && at_top && at_bottom);
}

/// As torchvision's get_params: no part of a long strip has an allowed area and aspect ratio.
TEST(Framing, RandomAreaFallsBackToTheCentre) {
  const auto cut = [](int width, int height) {
    RandomStream random = stream(0);
    const Box box = random_area(width, height, kSize, random).cut;
    return std::array<int64_t, 4>{box.left, box.top, box.width, box.height};
  };
  EXPECT_EQ(cut(10, 1000), (std::array<int64_t, 4>{0, 493, 10, 13}));  // 10 / 0.75 = 13.3
  EXPECT_EQ(cut(1000, 10), (std::array<int64_t, 4>{493, 0, 13, 10}));
  EXPECT_EQ(cut(6, 1000), (std::array<int64_t, 4>{0, 496, 6, 8}));
  EXPECT_EQ(cut(1, 1), (std::array<int64_t, 4>{0, 0, 1, 1}));
}

}  // namespace
}  // namespace tailor::io
