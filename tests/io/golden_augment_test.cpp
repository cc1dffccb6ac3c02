// Every data set of golden/images/augment.h5, torchvision's changes of two pictures, byte for byte.
#include <gtest/gtest.h>

#include <filesystem>

#include "io/hdf5.h"
#include "io/transform.h"
#include "tensor/ops.h"
#include "tests/support/golden_case.h"

namespace tailor {
namespace {

using Kind = ColourStep::Kind;

const std::filesystem::path kFile =
    std::filesystem::path(TAILOR_TEST_DATA) / "images" / "augment.h5";

/// One of the two pictures, "picture" or "noise".
class GoldenAugment : public ::testing::TestWithParam<const char*> {
 protected:
  template <class T = uint8_t>
  std::vector<T> read(const std::string& dataset) const {
    const std::string name = GetParam() + ("/" + dataset);
    std::vector<T> values(static_cast<size_t>(file_.datasets().at(name).shape.count()));
    file_.read(name, std::as_writable_bytes(std::span(values)));
    return values;
  }
  std::vector<double> attribute(const std::string& dataset, const std::string& name) const {
    return test::GoldenCase(kFile, GetParam() + ("/" + dataset)).numbers(name);
  }
  int integer(const std::string& dataset, const std::string& name) const {
    return static_cast<int>(attribute(dataset, name).at(0));
  }
  /// The source after a change, by the operation on a device.
  Tensor changed(const char* device, const Augment& p, DType dtype = DType::u8) const {
    const Tensor x = Tensor::from(read("input"), {1, 48, 64, 3}, open_backend(device));
    return augment(x, p, dtype);
  }
  void expect_bytes(const std::string& dataset, const PhotoChange& change) const {
    for (const char* device : {"reference", "cpu"}) {
      const auto found = changed(device, {.photos = {&change, 1}}).to_vector<uint8_t>();
      EXPECT_TRUE(found == read(dataset)) << device << " " << dataset;
    }
  }
  void expect_step(Kind kind, const std::string& dataset) const {
    const auto factor = static_cast<float>(attribute(dataset, "factor").at(0));
    expect_bytes(dataset, {.colours = {{{kind, factor}}}});
  }

  io::Hdf5Reader file_{kFile};
};

TEST_P(GoldenAugment, Flip) { expect_bytes("hflip", {.flip = true}); }

TEST_P(GoldenAugment, Brightness) {
  for (const char* factor : {"0.6", "1.0", "1.4"}) {
    expect_step(Kind::brightness, std::string("brightness_") + factor);
  }
}

TEST_P(GoldenAugment, Contrast) {
  for (const char* factor : {"0.6", "1.0", "1.4"}) {
    expect_step(Kind::contrast, std::string("contrast_") + factor);
  }
}

TEST_P(GoldenAugment, Saturation) {
  for (const char* factor : {"0.6", "1.0", "1.4"}) {
    expect_step(Kind::saturation, std::string("saturation_") + factor);
  }
}

TEST_P(GoldenAugment, Hue) {
  for (const char* factor : {"-0.1", "0.05", "0.5"}) {
    expect_step(Kind::hue, std::string("hue_") + factor);
  }
}

TEST_P(GoldenAugment, CropThenResize) {
  const io::Image source{64, 48, read("input")};
  for (const char* number : {"0", "1", "2", "3"}) {
    const std::string name = std::string("crop_resize_") + number;
    const int width = integer(name, "out_width"), height = integer(name, "out_height");
    const io::Frame frame{{integer(name, "left"), integer(name, "top"), integer(name, "width"),
                           integer(name, "height")},
                          width,
                          height,
                          {0, 0, width, height}};
    EXPECT_TRUE(io::resize(source, frame).rgb == read(name)) << name;
  }
}

TEST_P(GoldenAugment, Normalize) {
  const std::vector<double> mean = attribute("normalize", "mean"),
                            std = attribute("normalize", "std");
  Augment p{.normalize = {.scale = 255}};
  for (size_t c = 0; c < 3; ++c) {
    p.normalize.mean[c] = static_cast<float>(mean.at(c));
    p.normalize.std[c] = static_cast<float>(std.at(c));
  }
  const PhotoChange nothing;
  p.photos = {&nothing, 1};
  const std::vector<float> expected = read<float>("normalize");
  for (const char* device : {"reference", "cpu"}) {
    EXPECT_TRUE(changed(device, p, DType::f32).to_vector<float>() == expected) << device;
    const auto found = changed(device, p, DType::bf16).to_vector<bf16>();
    for (size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(found[i].bits, to_bf16(expected[i]).bits) << device << " " << i;
    }
  }
  std::vector<float> found(expected.size());
  io::normalize(read("input"), Preprocessing::torchvision, found);
  EXPECT_TRUE(found == expected);
}

/// So that none is forgotten: the tests above look at each picture, its source and 18 results.
TEST_P(GoldenAugment, AllDataSetsAreTested) {
  size_t datasets = 0;
  for (const auto& [name, dataset] : file_.datasets()) {
    datasets += name.starts_with(std::string(GetParam()) + "/") ? 1 : 0;
  }
  EXPECT_EQ(datasets, 1 + 1 + 9 + 3 + 4 + 1);
}

INSTANTIATE_TEST_SUITE_P(All, GoldenAugment, ::testing::Values("picture", "noise"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace tailor
