// From photos to network input: torchvision's and Keras's evaluation, random crops, arithmetic.
#include "io/transform.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <set>
#include <string>
#include <utility>

#include "kernels/api/error.h"
#include "tensor/ops.h"
#include "tests/support/csv.h"

namespace tailor::io {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(TAILOR_TEST_DATA) / "images/resize";

/// Every pixel tells where it is: red its column, green its row.
Image coordinates(int width, int height) {
  Image image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.rgb.insert(image.rgb.end(), {static_cast<uint8_t>(x), static_cast<uint8_t>(y), 0});
    }
  }
  return image;
}

TEST(Transform, EvaluationEqualsTorchvision) {
  const Transform transform = Transform::evaluation(Preprocessing::torchvision, 224);
  int cases = 0;
  for (auto& row : test::read_csv(kGolden / "cases.csv")) {
    if (row["op"] != "eval") continue;
    const Image result = transform(read_image(kGolden / row["source"]), 0, 0);
    const Image expected = read_image(kGolden / row["output"]);
    EXPECT_EQ(result.width, 224);
    EXPECT_EQ(result.height, 224);
    EXPECT_TRUE(result.rgb == expected.rgb) << row["output"];

    std::vector<float> input(result.rgb.size());
    normalize(result.rgb, Preprocessing::torchvision, input);
    std::array<double, 3> means{};
    for (size_t i = 0; i < input.size(); ++i) means[i % 3] += input[i] / (224.0 * 224.0);
    EXPECT_NEAR(means[0], std::stod(row["norm_mean_r"]), 1e-4) << row["output"];
    EXPECT_NEAR(means[1], std::stod(row["norm_mean_g"]), 1e-4) << row["output"];
    EXPECT_NEAR(means[2], std::stod(row["norm_mean_b"]), 1e-4) << row["output"];
    ++cases;
  }
  EXPECT_EQ(cases, 13);
}

TEST(Transform, KerasSquashesTheWholePhoto) {
  const Image photo = read_image(kGolden / "src/500x333_photo.png");
  const Image expected = read_image(kGolden / "out/500x333_photo_to_224x224_bilinear.png");
  for (const auto preprocessing : {Preprocessing::caffe, Preprocessing::tf}) {
    EXPECT_TRUE(Transform::evaluation(preprocessing, 224)(photo, 0, 0).rgb == expected.rgb);
  }
}

TEST(Transform, CropKeepsTheShareOf224In256) {
  // Without resizing, the middle is cut out: 342 for 299 (Inception), halves to the even side.
  const auto corner = [](int size, int width, int height) {
    const Image image =
        Transform::evaluation(Preprocessing::torchvision, size)(coordinates(width, height), 0, 0);
    return std::pair{static_cast<int>(image.rgb[0]), static_cast<int>(image.rgb[1])};
  };
  EXPECT_EQ(corner(299, 342, 342), std::pair(22, 22));  // 21.5
  EXPECT_EQ(corner(7, 8, 8), std::pair(0, 0));          // 0.5
  EXPECT_EQ(corner(7, 8, 10), std::pair(0, 2));         // 0.5 and 1.5
  EXPECT_EQ(corner(28, 32, 35), std::pair(2, 4));       // 2 and 3.5
}

Transform training(const char* set, int size, uint64_t seed) {
  return Transform::training(set, Preprocessing::torchvision, size, seed);
}

TEST(Transform, LightIsACropPerhapsMirrored) {
  constexpr int kSize = 20;
  const Image photo = coordinates(30, kSize);  // its short side has the size: nothing is resized
  const Transform transform = training("light", kSize, 5);
  std::set<std::pair<int, bool>> seen;
  int mirrored = 0;
  constexpr int kDraws = 2000;
  for (int hash = 0; hash < kDraws; ++hash) {
    const Image image = transform(photo, static_cast<uint64_t>(hash), 0);
    const bool flip = image.rgb[0] > image.rgb[3];
    const int left = flip ? image.rgb[0] - kSize + 1 : image.rgb[0];
    ASSERT_TRUE(left >= 0 && left <= 10);
    for (int y = 0; y < kSize; ++y) {
      for (int x = 0; x < kSize; ++x) {
        const size_t at = static_cast<size_t>(y * kSize + x) * 3;
        ASSERT_EQ(image.rgb[at], left + (flip ? kSize - 1 - x : x));
        ASSERT_EQ(image.rgb[at + 1], y);
      }
    }
    seen.insert({left, flip});
    mirrored += flip;
  }
  EXPECT_EQ(seen.size(), 22U);                                     // every place, both ways round
  EXPECT_NEAR(mirrored, kDraws / 2.0, 4 * std::sqrt(kDraws) / 2);  // four standard deviations
}

/// As documented: top, left, flip, from Philox by (seed, content hash, view).
TEST(Transform, LightDrawsInTheDocumentedOrder) {
  constexpr int kSize = 20;
  const Image photo = coordinates(47, kSize);
  for (uint64_t hash = 0; hash < 50; ++hash) {
    RandomStream random(9, Stream::augment, hash, 4);
    ASSERT_EQ(random.below(1), 0U);  // one place from top to bottom
    const auto left = static_cast<int>(random.below(47 - kSize + 1));
    const bool flip = random.uniform() < 0.5F;
    const Image image = training("light", kSize, 9)(photo, hash, 4);
    ASSERT_EQ(image.rgb[0], flip ? left + kSize - 1 : left);
    ASSERT_EQ(image.rgb[3], flip ? left + kSize - 2 : left + 1);
  }
}

TEST(Transform, DependsOnSeedPhotoAndViewAlone) {
  const Image photo = coordinates(250, 40);
  for (const char* set : {"light", "standard", "occlusion"}) {
    const auto at = [&](uint64_t seed, uint64_t hash, uint32_t view) {
      return training(set, 20, seed)(photo, hash, view).rgb;
    };
    EXPECT_EQ(at(1, 2, 3), at(1, 2, 3));
    EXPECT_NE(at(1, 2, 3), at(4, 2, 3));
    EXPECT_NE(at(1, 2, 3), at(1, 4, 3));
    EXPECT_NE(at(1, 2, 3), at(1, 2, 4));
  }
}

TEST(Transform, NoneIsEvaluation) {
  const Image photo = coordinates(61, 40);
  for (const auto preprocessing : {Preprocessing::torchvision, Preprocessing::tf}) {
    EXPECT_EQ(Transform::training("none", preprocessing, 24, 5)(photo, 6, 7).rgb,
              Transform::evaluation(preprocessing, 24)(photo, 0, 0).rgb);
  }
}

/// Draws in the documented order: framing, then change; what they do, the reference tells.
TEST(Transform, StandardCutsResizesAndChanges) {
  const Image photo = read_image(kGolden / "src/500x333_photo.png");
  const auto reference = open_backend("reference");
  for (uint64_t hash = 0; hash < 20; ++hash) {
    RandomStream random(8, Stream::augment, hash, 1);
    const Image seen = resize(photo, random_area(photo.width, photo.height, 64, random));
    const PhotoChange change = draw_change(find_augmentation("occlusion"), 64, random);
    const Tensor expected = augment(Tensor::from(seen.rgb, {1, 64, 64, 3}, reference),
                                    {.photos = {&change, 1}, .fill = {124, 116, 104}});
    EXPECT_EQ(training("occlusion", 64, 8)(photo, hash, 1).rgb, expected.to_vector<uint8_t>());
  }
}

/// The colour of what is erased is the network's 0 as nearly as a byte can be.
TEST(Transform, ErasedPartsAreTheMeanColour) {
  const Image black{50, 50, std::vector<uint8_t>(50 * 50 * 3)};
  for (const auto& [preprocessing, bound] :
       {std::pair{Preprocessing::torchvision, 0.5F / 255 / 0.224F},
        {Preprocessing::caffe, 0.5F},
        {Preprocessing::tf, 0.5F / 127}}) {
    int erased = 0;
    for (uint64_t hash = 0; hash < 30; ++hash) {
      const auto transform = Transform::training("occlusion", preprocessing, 40, 1);
      const std::vector<uint8_t> seen = transform(black, hash, 0).rgb;
      std::vector<float> input(seen.size());
      normalize(seen, preprocessing, input);
      for (size_t i = 0; i < seen.size(); ++i) {
        if (seen[i] == 0) continue;
        ++erased;
        ASSERT_LE(std::abs(input[i]), bound);
      }
    }
    EXPECT_GT(erased, 0);
  }
}

TEST(Transform, ALineOfPixelsIsNoTrouble) {
  const Image line{60000, 1, std::vector<uint8_t>(60000 * 3, 9)};
  const std::vector<uint8_t> expected(224 * 224 * 3, 9);
  EXPECT_EQ(training("light", 224, 1)(line, 2, 3).rgb, expected);
  EXPECT_EQ(Transform::evaluation(Preprocessing::torchvision, 224)(line, 0, 0).rgb, expected);
}

// Each step of the header's expressions rounded to float32, computed in Python.
TEST(Normalize, IsExactInFloat32) {
  const std::vector<uint8_t> pixels = {0, 128, 255, 200, 77, 31};
  std::vector<float> out(6);
  normalize(pixels, Preprocessing::torchvision, out);
  EXPECT_EQ(out, (std::vector<float>{-2.117903947830F, 0.205182194710F, 2.640000104904F,
                                     1.307046771049F, -0.687674999237F, -1.264139413834F}));
  normalize(pixels, Preprocessing::caffe, out);
  EXPECT_EQ(out, (std::vector<float>{255.0F - 103.939F, 128.0F - 116.779F, -123.68F,
                                     31.0F - 103.939F, 77.0F - 116.779F, 200.0F - 123.68F}));
  normalize(pixels, Preprocessing::tf, out);
  EXPECT_EQ(out, (std::vector<float>{-1.0F, 128.0F / 127.5F - 1.0F, 1.0F, 200.0F / 127.5F - 1.0F,
                                     77.0F / 127.5F - 1.0F, 31.0F / 127.5F - 1.0F}));
}

TEST(Normalize, RefusesSizesThatDoNotFit) {
  const std::vector<uint8_t> pixels(6);
  std::vector<float> out(5);
  EXPECT_THROW(normalize(pixels, Preprocessing::tf, out), Error);
}

}  // namespace
}  // namespace tailor::io
