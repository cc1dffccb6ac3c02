// Keras's containers: HDF5 by attributes or by groups, whole models, archives; and what is refused.
#include <gtest/gtest.h>

#include <algorithm>

#include "io/hdf5.h"
#include "io/weights.h"
#include "kernels/api/bf16.h"
#include "tests/support/errors.h"
#include "tests/support/python.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;
using test::error_of;

const fs::path kFiles = fs::path(TAILOR_TEST_DATA) / "../io/files";

fs::path odd_file(const std::string& name) {
  return test::made_by(kFiles / "odd_files.py", "", "odd-files") / name;
}

/// What is said of a file after its name.
std::string complaint(const fs::path& path) {
  const std::string message = error_of([&] { summarize_weights(path); });
  const std::string name = path.string() + ": ";
  EXPECT_TRUE(message.starts_with(name)) << message;
  return message.substr(std::min(name.size(), message.size()));
}

TEST(KerasFile, ContainersAreNamed) {
  EXPECT_EQ(summarize_weights(odd_file("keras2.h5")).container, "HDF5");
  EXPECT_EQ(summarize_weights(odd_file("keras1_full.h5")).container, "HDF5, in /model_weights");
  EXPECT_EQ(summarize_weights(odd_file("keras3_resnet50.h5")).container, "HDF5");
}

TEST(KerasFile, WhatNoLayerOfTheNetworkHoldsIsListed) {
  EXPECT_EQ(complaint(odd_file("top_level_filled.h5")),
            "expected the tensors of resnet50 in layout keras2, got 1 unknown: "
            "top_level_model_weights/temperature [2]");
  EXPECT_EQ(complaint(odd_file("keras2_full.h5")),
            "expected the tensors of resnet50 in layout keras2, got 1 unknown: "
            "top_level_model_weights/temperature [2]");
  EXPECT_EQ(complaint(odd_file("more_layers.h5")),
            "expected the tensors of resnet50 in layout keras3, got 4 unknown: conv1_conv/2 [5], "
            "layers/functional/layers/dense/vars/0 [2, 2], mine/0 [3], vars/0 [1]");
}

TEST(KerasFile, LayersWithoutNamesAreNotGuessed) {
  const std::string refused =
      "expected the names of the layers, which Keras writes from 3.6 on, or all layers of a "
      "network of Keras's own, got neither (try to save it with a newer Keras)";
  EXPECT_EQ(complaint(odd_file("another_layer.h5")), refused);
  EXPECT_EQ(complaint(odd_file("keras3_inception.h5")), refused);
  const std::string swapped = complaint(odd_file("swapped_layers.h5"));
  EXPECT_NE(swapped.find("conv3_block1_0_conv/kernel float32 [1, 1, 128, 512] instead of float32 "
                         "[1, 1, 256, 512]"),
            std::string::npos)
      << swapped;
}

TEST(KerasFile, RefusesWhatIsNotInTheFile) {
  const std::pair<const char*, const char*> layouts[] = {
      {"keras1", "conv1/conv1_b:0"},
      {"keras2", "conv1_conv/conv1_conv/bias:0"},
      {"keras2_full", "model_weights/conv1_conv/conv1_conv/bias:0"},
      {"keras3", "layers/conv2d/vars/1"},
  };
  const std::pair<const char*, const char*> links[] = {
      {"soft", "a soft link"}, {"external", "an external link"}, {"virtual", "a virtual data set"}};
  for (const auto& [layout, place] : layouts) {
    for (const auto& [kind, words] : links) {
      EXPECT_EQ(complaint(odd_file(fmt::format("{}_{}.h5", layout, kind))),
                fmt::format("expected tensors in the file itself, got {} at '{}'", words, place));
    }
  }
}

/// A zip archive from Python's zipfile; `script` fills z, with `weights` as bytes of a keras3 file.
class KerasArchive : public testing::Test {
 protected:
  fs::path archive(const std::string& script) const {
    fs::path path = folder_ / "model.keras";
    test::python("import random, zipfile\nweights = open('" +
                 odd_file("keras3_resnet50.h5").string() +
                 "', 'rb').read()\nwith zipfile.ZipFile('" + path.string() + "', 'w') as z:\n  " +
                 script + "\n");
    return path;
  }
  void patch(const fs::path& path, const std::string& script) const {
    test::python("data = bytearray(open('" + path.string() + "', 'rb').read())\n" + script +
                 "\nopen('" + path.string() + "', 'wb').write(data)\n");
  }

  test::TempDir folder_;
};

TEST_F(KerasArchive, IsReadStoredOrDeflated) {
  for (const char* how : {"ZIP_STORED", "ZIP_DEFLATED"}) {
    const WeightsSummary summary =
        summarize_weights(archive(fmt::format("z.writestr('config.json', '{{}}'); "
                                              "z.writestr('model.weights.h5', weights, zipfile.{})",
                                              how)));
    EXPECT_EQ(summary.container, "HDF5 in a .keras archive");
    EXPECT_EQ(summary.layout, "keras3");
    EXPECT_EQ(summary.model, "resnet50");
    EXPECT_EQ(summary.parameters + summary.statistics, 25636712);
  }
}

TEST_F(KerasArchive, OfAnotherKindIsNamed) {
  EXPECT_EQ(complaint(archive("z.writestr('archive/data.pkl', 'x')")),
            "expected an HDF5 file, got a zip archive without Keras's model.weights.h5");
  EXPECT_EQ(complaint(archive("z.writestr('model.weights.h5', 'Not found')")),
            "expected an HDF5 file, got another kind of file");
  EXPECT_EQ(complaint(archive("z.writestr('model.weights.h5', '')")),
            "expected an HDF5 file, got another kind of file");
}

TEST_F(KerasArchive, DamageIsNamed) {
  const std::string damaged = "expected a whole zip archive, got a damaged one: ";
  const std::string again = " (try to copy or download it again)";
  const std::string stored = "z.writestr('model.weights.h5', weights)";
  const fs::path path = archive(stored);
  fs::resize_file(path, fs::file_size(path) / 2);
  EXPECT_EQ(complaint(path), damaged + "Not a zip archive" + again);
  archive(stored);
  patch(path, "data[len(data) // 2] ^= 1");
  EXPECT_EQ(complaint(path), damaged + "CRC error" + again);
  archive("z.writestr('model.weights.h5', weights[:-1])");
  EXPECT_TRUE(complaint(path).starts_with("expected a whole HDF5 file, got a damaged one: "));
}

TEST_F(KerasArchive, ClaimsAreNotTrusted) {
  const std::string deflate =
      "z.writestr('model.weights.h5', {}, zipfile.ZIP_DEFLATED); info = z.filelist[0]; ";
  EXPECT_TRUE(complaint(archive(fmt::format(fmt::runtime(deflate), "bytes(1 << 24)")))
                  .starts_with("expected weights, got 16777216 bytes compressed to 1"));
  EXPECT_EQ(complaint(archive(fmt::format(fmt::runtime(deflate), "weights") +
                              "info.file_size = 5 << 30; info.compress_size = 1 << 30")),
            "expected weights, got 5368709120 bytes compressed to 1073741824");
  for (const char* size : {"1000", "len(weights) - 1", "len(weights) + 1"}) {
    const std::string message = complaint(archive(fmt::format(fmt::runtime(deflate), "weights") +
                                                  fmt::format("info.file_size = {}", size)));
    EXPECT_TRUE(message.starts_with("expected a whole zip archive, got a damaged one: "))
        << message;
  }
}

/// Each container holds the numbers of the same ResNet-50: those that golden_networks_test.cpp
/// compares with Keras's logits in layout keras2.
class KerasContainersSlow : public testing::TestWithParam<const char*> {
 protected:
  static void expect_equal(
      const Weights& actual, const Weights& expected,
      float (*change)(float) = [](float value) { return value; }) {
    EXPECT_EQ(actual.model, expected.model);
    EXPECT_EQ(actual.variant, expected.variant);
    EXPECT_EQ(actual.classes, expected.classes);
    ASSERT_EQ(actual.tensors.size(), expected.tensors.size());
    for (const auto& [name, tensor] : expected.tensors) {
      std::vector<float> values = tensor.to_vector<float>();
      std::transform(values.begin(), values.end(), values.begin(), change);
      EXPECT_TRUE(actual.tensors.at(name).to_vector<float>() == values) << name;
    }
  }
  Weights read(const fs::path& path) const { return read_weights(path, backend_); }

  std::shared_ptr<Backend> backend_ = open_backend("reference");
};

TEST_P(KerasContainersSlow, WholeModelsHoldTheSameNumbers) {
  const std::string top = GetParam();
  const Weights full = read(test::golden_weights("keras2-full --head probs --vlen" + top));
  EXPECT_EQ(full.layout, "keras2");
  expect_equal(full, read(test::golden_weights("keras2" + top)));
}

TEST_P(KerasContainersSlow, Keras3HoldsTheSameNumbers) {
  const fs::path source = test::golden_weights(std::string("keras2") + GetParam());
  const Weights expected = read(source);
  const test::TempDir folder;
  for (const char* options :
       {"", "--nameless", "--bfloat16", "--archive stored", "--archive deflated"}) {
    const fs::path file = folder / "file";
    test::python(
        fmt::format("import subprocess, sys\n"
                    "subprocess.check_call([sys.executable, '-B', '{}', '{}', '{}'] + "
                    "'{}'.split())\n",
                    (kFiles / "keras3_file.py").string(), source.string(), file.string(), options));
    SCOPED_TRACE(options);
    const Weights actual = read(file);
    EXPECT_EQ(actual.layout, "keras3");
    if (std::string(options) == "--bfloat16") {
      expect_equal(actual, expected, [](float value) { return to_float(to_bf16(value)); });
    } else {
      expect_equal(actual, expected);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Heads, KerasContainersSlow, testing::Values("", " --no-top"),
                         [](const auto& test) {
                           return std::string(*test.param == '\0' ? "with_top" : "without_top");
                         });

}  // namespace
}  // namespace tailor::io
