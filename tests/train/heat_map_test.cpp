// Where a network looked, on pictures in which that is known.
#include "train/heat_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/api/philox.h"

namespace tailor::train {
namespace {

constexpr int kCell = 4;

const std::shared_ptr<Backend>& reference() {
  static const std::shared_ptr<Backend> backend = open_backend("reference");
  return backend;
}
const std::shared_ptr<Backend>& cpu() {
  static const std::shared_ptr<Backend> backend = open_backend("cpu");
  return backend;
}

/// Sees red in one channel and blue in the other, cell by cell; its two classes are those colours.
class Colours final : public layers::Network {
 public:
  Colours() : Network("colours", {.classes = 2}) {
    std::vector<float> filter(size_t{2} * kCell * kCell * 3);
    for (size_t i = 0; i < kCell * kCell; ++i) {
      filter[i * 3] = 1.0F / (kCell * kCell);
      filter[kCell * kCell * 3 + i * 3 + 2] = 1.0F / (kCell * kCell);
    }
    filter_ = Tensor::from(filter, {2, kCell, kCell, 3}, reference());
    head_ = Tensor::from(std::vector<float>{1, -1, -1, 1}, {2, 2}, reference());
    register_parameter("filter", filter_);
    register_parameter("fc.weight", head_);
  }
  Tensor feature_map(const Tensor& x) override {
    return relu(conv2d(x, filter_, {.stride_h = kCell, .stride_w = kCell}));
  }
  Tensor head(const Tensor& features) override { return linear(features, head_); }
  std::string head_name() const override { return "fc"; }
  std::vector<std::vector<std::string>> stages() const override { return {{"filter"}, {"fc"}}; }
  int64_t feature_count() const override { return 2; }
  int input_size() const override { return 8 * kCell; }

 private:
  Tensor filter_, head_;
};

struct Cell {
  int row, column;
};

/// Black pictures of 8 x 8 cells.
class Pictures {
 public:
  explicit Pictures(int64_t count) : count_(count), values_(count * kSide * kSide * 3) {}
  void paint(int64_t picture, Cell cell, size_t channel, float value) {
    for (int y = 0; y < kCell; ++y) {
      for (int x = 0; x < kCell; ++x) {
        const int64_t row = picture * kSide + cell.row * kCell + y;
        values_[static_cast<size_t>((row * kSide + cell.column * kCell + x) * 3) + channel] = value;
      }
    }
  }
  Tensor tensor() const { return Tensor::from(values_, {count_, kSide, kSide, 3}, reference()); }

 private:
  static constexpr int64_t kSide = 8 * kCell;
  int64_t count_;
  std::vector<float> values_;
};
constexpr size_t kRed = 0, kBlue = 2;

/// 8 x 8, 0 but for one value each.
std::vector<float> map_of(const std::vector<std::pair<Cell, float>>& places) {
  std::vector<float> map(64);
  for (const auto& [cell, value] : places)
    map[static_cast<size_t>(cell.row) * 8 + static_cast<size_t>(cell.column)] = value;
  return map;
}

TEST(HeatMap, LiesOnWhatSpeaksForTheClass) {
  // No place is its own mirror image in any direction, and none is the other's.
  Pictures pictures(3);
  pictures.paint(0, {1, 6}, kRed, 0.8F);
  pictures.paint(0, {2, 6}, kRed, 0.4F);
  pictures.paint(0, {4, 0}, kBlue, 0.8F);
  pictures.paint(1, {1, 6}, kRed, 0.8F);
  pictures.paint(1, {4, 0}, kBlue, 0.8F);
  pictures.paint(2, {7, 2}, kRed, 0.1F);
  Colours network;
  const auto maps = heat_maps(network, pictures.tensor(), std::vector<size_t>{0, 1, 0});
  ASSERT_EQ(maps.size(), 3U);
  EXPECT_EQ(maps[0].width, 8);
  EXPECT_EQ(maps[0].height, 8);
  EXPECT_EQ(maps[0].values, map_of({{{1, 6}, 1}, {{2, 6}, 0.5F}})) << "red, not blue";
  EXPECT_EQ(maps[1].values, map_of({{{4, 0}, 1}})) << "blue, not red";
  EXPECT_EQ(maps[2].values, map_of({{{7, 2}, 1}})) << "its own picture";
}

TEST(HeatMap, IsEmptyWhenNothingSpeaksForTheClass) {
  Pictures pictures(1);
  pictures.paint(0, {4, 0}, kBlue, 0.8F);
  Colours network;
  EXPECT_EQ(heat_maps(network, pictures.tensor(), std::vector<size_t>{0})[0].values, map_of({}));
}

TEST(HeatMap, LeavesTheNetworkAsItWas) {
  Colours network;
  network.freeze_except({"fc"});
  network.train();
  heat_maps(network, Pictures(1).tensor(), std::vector<size_t>{0});
  EXPECT_TRUE(network.training());
  const auto trainable = network.trainable_parameters();
  ASSERT_EQ(trainable.size(), 1U);
  EXPECT_EQ(trainable[0].first, "fc.weight");
  EXPECT_FALSE(trainable[0].second.grad().defined());
}

/// A head that looks at places, as VGG's does.
class Places final : public layers::Network {
 public:
  Places() : Network("places", {.classes = 1}) {
    head_ = Tensor::from(std::vector<float>{4, 0, 0, 0, -1, -1}, {1, 6}, reference());
    register_parameter("fc.weight", head_);
  }
  Tensor feature_map(const Tensor& x) override { return relu(x); }
  Tensor pool(const Tensor& map) override { return flatten(map); }
  Tensor head(const Tensor& features) override { return linear(features, head_); }
  std::string head_name() const override { return "fc"; }
  std::vector<std::vector<std::string>> stages() const override { return {{"fc"}}; }
  int64_t feature_count() const override { return 6; }
  int input_size() const override { return 2; }

 private:
  Tensor head_;
};

TEST(HeatMap, WeighsChannelsByTheirMeanGradient) {
  // A map of 1 x 3 places with 2 channels. Gradients: channel 0 gets 4, 0, -1, in the mean 1;
  // channel 1 gets 0, 0, -1, in the mean -1/3. Sums: 1 - 2/3, 3 - 0, 1 - 4; the last is against it.
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 0, 1, 12}, {1, 1, 3, 2}, reference());
  Places network;
  const HeatMap map = heat_maps(network, x, std::vector<size_t>{0})[0];
  ASSERT_EQ(map.width, 3);
  ASSERT_EQ(map.height, 1);
  EXPECT_NEAR(map.values[0], 1.0 / 9, 1e-6);
  EXPECT_EQ(map.values[1], 1);
  EXPECT_EQ(map.values[2], 0);
}

Tensor noise(const Shape& shape, uint64_t seed) {
  RandomStream random(seed, Stream::init);
  std::vector<float> values(static_cast<size_t>(shape.count()));
  for (float& value : values) value = static_cast<float>(random.uniform() - 0.5);
  return Tensor::from(values, shape, cpu());
}

TEST(HeatMap, IsTheClassActivationMapOfAResNet) {
  const auto network = layers::make_model("resnet18", {.classes = 3}, cpu());
  network->initialize(6);
  const Tensor x = noise({2, 96, 96, 3}, 1);
  const std::vector<size_t> classes = {1, 2};
  const auto maps = heat_maps(*network, x, classes);

  network->eval();
  const NoGrad guard;
  const std::vector<float> activations = network->feature_map(x).to_vector<float>();
  std::vector<float> head;
  for (const auto& [name, tensor] : network->state()) {
    if (name == "fc.weight") head = tensor.to_vector<float>();
  }
  constexpr size_t kPlaces = 9, kChannels = 512;
  for (size_t photo = 0; photo < 2; ++photo) {
    std::vector<double> sums(kPlaces);
    for (size_t place = 0; place < kPlaces; ++place) {
      for (size_t c = 0; c < kChannels; ++c) {
        sums[place] += double{head[classes[photo] * kChannels + c]} *
                       activations[(photo * kPlaces + place) * kChannels + c];
      }
    }
    const double greatest = *std::max_element(sums.begin(), sums.end());
    ASSERT_GT(greatest, 0) << "choose another seed";
    for (size_t place = 0; place < kPlaces; ++place) {
      EXPECT_NEAR(maps[photo].values[place], std::max(0.0, sums[place]) / greatest, 1e-4);
    }
  }
}

/// Pictures of noise with a red square and a blue one, each in a quarter of its own.
class Squares {
 public:
  static constexpr int64_t kSide = 224;
  enum class Show : uint8_t { red, blue, both };
  /// The quarters (from the top left, row by row) in which the squares are.
  void add(Show show, size_t red_quarter, size_t blue_quarter) {
    RandomStream random(values_.size(), Stream::init);
    for (int64_t y = 0; y < kSide; ++y) {
      for (int64_t x = 0; x < kSide; ++x) {
        const bool red = show != Show::blue && inside(x, y, red_quarter);
        const bool blue = show != Show::red && inside(x, y, blue_quarter);
        for (int c = 0; c < 3; ++c) {
          const double level = red || blue ? ((red && c == 0) || (blue && c == 2) ? 2 : -2) : 0;
          values_.push_back(static_cast<float>(level + 0.4 * random.uniform() - 0.2));
        }
      }
    }
    ++count_;
  }
  Tensor tensor() const { return Tensor::from(values_, {count_, kSide, kSide, 3}, cpu()); }

 private:
  static bool inside(int64_t x, int64_t y, size_t quarter) {
    const int64_t left = 16 + (quarter % 2 ? 112 : 0), top = 16 + (quarter / 2 ? 112 : 0);
    return x >= left && x < left + 80 && y >= top && y < top + 80;
  }
  std::vector<float> values_;
  int64_t count_ = 0;
};

/// The share of a map's mass in a quarter.
double share_in(const HeatMap& map, size_t quarter) {
  double sum = 0, inside = 0;
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x) {
      const double value = map.values[static_cast<size_t>(y) * static_cast<size_t>(map.width) +
                                      static_cast<size_t>(x)];
      const size_t where = (2 * x >= map.width ? 1 : 0) + (2 * y >= map.height ? 2 : 0);
      sum += value;
      inside += where == quarter ? value : 0;
    }
  }
  return inside / sum;
}

TEST(HeatMap, FindsTheObjectThatDecidedInAResNet) {
  // A random backbone; the head has learnt red from blue: the difference of their mean features,
  // without what both have in common, so that a place with neither speaks for neither.
  const auto network = layers::make_model("resnet18", {.classes = 2}, cpu());
  network->initialize(1);
  network->eval();
  Squares lessons;
  for (size_t quarter = 0; quarter < 4; ++quarter) lessons.add(Squares::Show::red, quarter, 0);
  for (size_t quarter = 0; quarter < 4; ++quarter) lessons.add(Squares::Show::blue, 0, quarter);
  std::vector<double> mean(512), red_minus_blue(512);
  {
    const NoGrad guard;
    const auto features = network->features(lessons.tensor()).to_vector<float>();
    for (size_t i = 0; i < features.size(); ++i) {
      mean[i % 512] += features[i];
      red_minus_blue[i % 512] += i / 512 < 4 ? features[i] : -features[i];
    }
  }
  const auto product = [](const std::vector<double>& a, const std::vector<double>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  const double common = product(red_minus_blue, mean) / product(mean, mean);
  std::vector<float> weights(2 * 512);
  for (size_t c = 0; c < 512; ++c) {
    weights[c] = static_cast<float>(red_minus_blue[c] - common * mean[c]);
    weights[512 + c] = -weights[c];
  }
  for (auto& [name, tensor] : network->named_parameters()) {
    if (name == "fc.weight") tensor.copy_from(Tensor::from(weights, {2, 512}, cpu()));
  }
  Squares pictures;
  const std::pair<size_t, size_t> places[] = {{1, 2}, {3, 0}};
  for (const auto& [red, blue] : places) pictures.add(Squares::Show::both, red, blue);
  const auto red_maps = heat_maps(*network, pictures.tensor(), std::vector<size_t>{0, 0});
  const auto blue_maps = heat_maps(*network, pictures.tensor(), std::vector<size_t>{1, 1});
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_GT(share_in(red_maps[i], places[i].first), 0.6) << i;
    EXPECT_GT(share_in(blue_maps[i], places[i].second), 0.6) << i;
  }
}

TEST(Overlay, HotPlacesGlowWhereTheyAre) {
  const io::Image grey{8, 4, std::vector<uint8_t>(size_t{8} * 4 * 3, 200)};
  // Top left is hot in a map of 2 x 2.
  const io::Image result = overlay(grey, {2, 2, {1, 0, 0, 0}});
  ASSERT_EQ(result.width, 8);
  ASSERT_EQ(result.height, 4);
  const auto pixel = [&](size_t x, size_t y) {
    const auto at = result.rgb.begin() + static_cast<ptrdiff_t>((y * 8 + x) * 3);
    return std::vector<int>(at, at + 3);
  };
  EXPECT_EQ(pixel(0, 0), (std::vector<int>{236, 239, 175})) << "0.3 x 200 + 0.7 x (252, 255, 164)";
  for (const auto& [x, y] : {std::pair<size_t, size_t>{7, 0}, {0, 3}, {7, 3}}) {
    EXPECT_EQ(pixel(x, y), (std::vector<int>{150, 150, 151})) << "0.75 x 200 + 0.25 x (0, 0, 4)";
  }
}

TEST(Overlay, GetsLighterWithEveryStep) {
  HeatMap ramp{64, 1, {}};
  for (int i = 0; i < 64; ++i) ramp.values.push_back(static_cast<float>(i) / 63);
  const io::Image result = overlay({64, 1, std::vector<uint8_t>(64 * 3, 0)}, ramp);
  double before = -1;
  for (size_t i = 0; i < 64; ++i) {
    const uint8_t* p = &result.rgb[i * 3];
    const double luminance = 0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2];
    EXPECT_GT(luminance, before) << i;
    before = luminance;
  }
}

}  // namespace
}  // namespace tailor::train
