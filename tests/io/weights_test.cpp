// Which weights files are known, which networks they make, and how misfits are told.
#include "io/weights.h"

#include <gtest/gtest.h>

#include "io/hdf5.h"
#include "io/layout.h"
#include "layers/network.h"
#include "tests/support/errors.h"
#include "tests/support/python.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;
using test::error_of;

fs::path odd_file(const std::string& name) {
  return test::made_by(fs::path(TAILOR_TEST_DATA) / "../io/files/odd_files.py", "", "odd-files") /
         name;
}

TEST(LayoutTest, ConvolutionsAreReordered) {
  const Shape ours{2, 1, 2, 3};  // two outputs, a kernel of 1 x 2, three inputs
  EXPECT_EQ(shape_in_file(FileOrder::torchvision, ours), (Shape{2, 3, 1, 2}));
  EXPECT_EQ(shape_in_file(FileOrder::keras, ours), (Shape{1, 2, 3, 2}));
  // Every number says its place: output, column, input.
  const std::vector<float> expected{0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112};
  const std::vector<float> oihw{0, 10, 1, 11, 2, 12, 100, 110, 101, 111, 102, 112};
  const std::vector<float> hwio{0, 100, 1, 101, 2, 102, 10, 110, 11, 111, 12, 112};
  std::vector<float> out(expected.size());
  from_file_order(FileOrder::torchvision, ours, oihw, out);
  EXPECT_EQ(out, expected);
  from_file_order(FileOrder::keras, ours, hwio, out);
  EXPECT_EQ(out, expected);
  to_file_order(FileOrder::torchvision, ours, expected, out);
  EXPECT_EQ(out, oihw);
  to_file_order(FileOrder::keras, ours, expected, out);
  EXPECT_EQ(out, hwio);
}

TEST(LayoutTest, LinearWeightsAreTransposedForKerasAlone) {
  const Shape ours{2, 3};
  const std::vector<float> values{0, 1, 2, 10, 11, 12};
  const std::vector<float> transposed{0, 10, 1, 11, 2, 12};
  std::vector<float> out(values.size());
  EXPECT_EQ(shape_in_file(FileOrder::keras, ours), (Shape{3, 2}));
  from_file_order(FileOrder::keras, ours, transposed, out);
  EXPECT_EQ(out, values);
  EXPECT_EQ(shape_in_file(FileOrder::torchvision, ours), ours);
  from_file_order(FileOrder::torchvision, ours, values, out);
  EXPECT_EQ(out, values);
  EXPECT_EQ(shape_in_file(FileOrder::keras, {7}), (Shape{7}));
}

struct Known {
  const char* file;
  const char* layout;
  const char* model;
  int64_t numbers;  // parameters and statistics, as torchvision and Keras count them
  int64_t classes;
};

TEST(WeightsTest, ModelsAreToldFromTheTensors) {
  const Known known[] = {
      {"shapes_resnet18.h5", "torchvision", "resnet18", 11689512 + 9600, 1000},
      {"shapes_resnet34.h5", "torchvision", "resnet34", 21797672 + 17024, 1000},
      {"shapes_resnet50.h5", "torchvision", "resnet50", 25557032 + 53120, 1000},
      {"shapes_resnet101.h5", "torchvision", "resnet101", 44549160 + 105344, 1000},
      {"shapes_resnet152.h5", "torchvision", "resnet152", 60192808 + 151424, 1000},
      {"no_top.h5", "torchvision", "resnet18", 11689512 + 9600 - 513000, 0},
      {"five_classes.h5", "torchvision", "resnet18", 11689512 + 9600 - 995 * 513, 5},
      {"keras1.h5", "keras1", "resnet50", 25636712, 1000},
      {"keras1_without_top.h5", "keras1", "resnet50", 23587712, 0},
      {"keras2.h5", "keras2", "resnet50", 25636712, 1000},
      {"keras2_resnet101.h5", "keras2", "resnet101", 44707176, 1000},
      {"keras2_resnet152.h5", "keras2", "resnet152", 60419944, 1000},
      {"top_level.h5", "keras2", "resnet50", 25636712, 1000},
      {"split_lists.h5", "keras2", "resnet50", 25636712, 1000},
      {"keras1_full.h5", "keras1", "resnet50", 25636712, 1000},
      {"keras2_full_without_top.h5", "keras2", "resnet50", 23587712, 0},
      {"keras3_resnet50.h5", "keras3", "resnet50", 25636712, 1000},
      {"keras3_resnet101.h5", "keras3", "resnet101", 44707176, 1000},
      {"keras3_resnet152.h5", "keras3", "resnet152", 60419944, 1000},
      {"keras3_without_top.h5", "keras3", "resnet50", 23587712, 0},
      {"keras3_resnet50_nameless.h5", "keras3", "resnet50", 25636712, 1000},
      {"keras3_resnet101_nameless.h5", "keras3", "resnet101", 44707176, 1000},
      {"keras3_resnet152_nameless.h5", "keras3", "resnet152", 60419944, 1000},
      {"keras3_without_top_nameless.h5", "keras3", "resnet50", 23587712, 0},
      {"optimizer.h5", "keras3", "resnet50", 25636712, 1000},
  };
  for (const Known& expected : known) {
    const WeightsSummary summary = summarize_weights(odd_file(expected.file));
    EXPECT_EQ(summary.layout, expected.layout) << expected.file;
    EXPECT_EQ(summary.model, expected.model) << expected.file;
    EXPECT_EQ(summary.parameters + summary.statistics, expected.numbers) << expected.file;
    EXPECT_EQ(summary.classes, expected.classes) << expected.file;
  }
}

TEST(WeightsTest, EachLayoutHasItsVariant) {
  const Variant keras1{.stride_on = StrideOn::conv1x1,
                       .conv_bias = true,
                       .epsilon = 1e-3,
                       .pool_padding = true,
                       .preprocessing = Preprocessing::caffe};
  Variant keras2 = keras1;
  keras2.epsilon = 1.001e-5;
  const Variant torchvision{.stride_on = StrideOn::conv3x3,
                            .conv_bias = false,
                            .epsilon = 1e-5,
                            .pool_padding = true,
                            .preprocessing = Preprocessing::torchvision};
  EXPECT_EQ(summarize_weights(odd_file("keras1.h5")).variant, keras1);
  EXPECT_EQ(summarize_weights(odd_file("keras1_without_top.h5")).variant, keras1);
  EXPECT_EQ(summarize_weights(odd_file("keras2.h5")).variant, keras2);
  EXPECT_EQ(summarize_weights(odd_file("keras3_resnet50.h5")).variant, keras2);
  EXPECT_EQ(summarize_weights(odd_file("shapes_resnet50.h5")).variant, torchvision);
}

TEST(WeightsTest, VariantNames) {
  Weights weights{.model = "resnet50", .layout = "keras1"};
  apply_variant_name(weights, "keras2015");
  EXPECT_FALSE(weights.variant.pool_padding);
  EXPECT_EQ(error_of([&] { apply_variant_name(weights, "keras3"); }),
            "--variant: expected keras2015, got keras3");
  weights.layout = "keras2";
  EXPECT_EQ(error_of([&] { apply_variant_name(weights, "keras2015"); }),
            "--variant keras2015: expected weights in layout keras1, got keras2");
}

/// A small file with numbers: those of h5py's torchvision layout, each element its own.
TEST(WeightsTest, TensorsComeInOurOrder) {
  const test::TempDir folder;
  const fs::path path = folder / "numbered.h5";
  test::python(
      "import sys, h5py, numpy as np\n"
      "sys.path.insert(0, '" +
      std::string(TAILOR_TEST_DATA) +
      "/networks')\n"
      "import specs\n"
      "with h5py.File('" +
      path.string() +
      "', 'w') as f:\n"
      "    for name, shape, _ in specs.resnet(18, 3):\n"
      "        f[name] = np.arange(np.prod(shape), dtype='f4').reshape(shape)\n");
  const Weights weights = read_weights(path, open_backend("reference"));
  EXPECT_EQ(weights.model, "resnet18");
  EXPECT_EQ(weights.classes, 3);
  EXPECT_EQ(weights.tensors.size(), 102U);
  const Tensor& conv = weights.tensors.at("layer1.1.conv2.weight");
  ASSERT_EQ(conv.shape(), (Shape{64, 3, 3, 64}));
  const std::vector<float> values = conv.to_vector<float>();
  for (size_t o = 0; o < 64; o += 7) {
    for (size_t h = 0; h < 3; ++h) {
      for (size_t i = 0; i < 64; i += 5) {  // OHWI here, OIHW there
        EXPECT_EQ(values[((o * 3 + h) * 3 + 2) * 64 + i],
                  static_cast<float>(((o * 64 + i) * 3 + h) * 3 + 2));
      }
    }
  }
  EXPECT_EQ(weights.tensors.at("fc.weight").to_vector<float>()[512], 512);
}

TEST(WeightsTest, MisfitsAreListed) {
  const std::pair<const char*, const char*> expected[] = {
      {"missing.h5",
       "resnet18 in layout torchvision, got 2 missing: bn1.running_var, "
       "layer2.0.conv1.weight"},
      {"missing_block.h5",
       "resnet18 in layout torchvision, got 10 missing: layer4.1.conv1.weight, "
       "layer4.1.bn1.weight, "
       "layer4.1.bn1.bias, layer4.1.bn1.running_mean, layer4.1.bn1.running_var, "
       "layer4.1.conv2.weight, layer4.1.bn2.weight, layer4.1.bn2.bias, layer4.1.bn2.running_mean, "
       "layer4.1.bn2.running_var"},
      {"misshapen.h5",
       "resnet18 in layout torchvision, got 2 of another shape or type: bn1.bias float32 [1, 64] "
       "instead of float32 [64], layer1.0.conv1.weight float32 [64, 64, 3, 1] instead of float32 "
       "[64, 64, 3, 3]"},
      {"wrong_type.h5",
       "resnet18 in layout torchvision, got 2 of another shape or type: conv1.weight float64 [64, "
       "3, 7, 7] instead of float32 [64, 3, 7, 7], bn1.weight int32 [64] instead of float32 [64]"},
      {"unknown.h5",
       "resnet18 in layout torchvision, got 2 unknown: extra [3], layer1.0.conv3.weight [64, 64]"},
      {"everything.h5",
       "resnet18 in layout torchvision, got 2 missing: bn1.running_var, layer2.0.conv1.weight; 2 "
       "of "
       "another shape or type: bn1.bias float32 [1, 64] instead of float32 [64], "
       "layer1.0.conv1.weight float32 [64, 64, 3, 1] instead of float32 [64, 64, 3, 3]; 2 unknown: "
       "extra [3], layer1.0.conv3.weight [64, 64]"},
      {"half_a_head.h5", "resnet18 in layout torchvision, got 1 missing: fc.bias"},
      {"too_many_classes.h5",
       "resnet18 in layout torchvision, got 1 of another shape or type: fc.weight float32 "
       "[1073741824, 512] instead of float32 [1000, 512]"},
      {"keras1_wrong.h5",
       "resnet50 in layout keras1, got 1 missing: bn3b_branch2c/bn3b_branch2c_running_std; 1 of "
       "another shape or type: res2a_branch2a/res2a_branch2a_W float32 [1, 1, 64, 32] instead of "
       "float32 [1, 1, 64, 64]"},
      {"keras2_swapped.h5",
       "resnet50 in layout keras2, got 2 of another shape or type: predictions/kernel float32 [10, "
       "2048] instead of float32 [2048, 2048], predictions/bias float32 [1000] instead of float32 "
       "[2048]"},
  };
  for (const auto& [name, problems] : expected) {
    const fs::path path = odd_file(name);
    const std::string message = error_of([&] { read_weights(path, open_backend("reference")); });
    EXPECT_EQ(message, path.string() + ": expected the tensors of " + problems);
  }
}

TEST(WeightsTest, WrongFilesAreNamed) {
  const std::pair<const char*, const char*> expected[] = {
      {"nothing.h5",
       "expected weights of a ResNet in Keras's, torchvision's or Tailor's layout, "
       "got no data sets"},
      {"other.h5",
       "expected weights of a ResNet in Keras's, torchvision's or Tailor's layout, got "
       "data sets named temperature"},
      {"inception.h5",
       "expected weights of a ResNet in Keras's, torchvision's or Tailor's layout, got data sets "
       "named batch_normalization/batch_normalization/beta:0, "
       "batch_normalization/batch_normalization/moving_mean:0, ..."},
      {"listed_but_absent.h5",
       "expected data set 'conv1_conv/conv1_conv/kernel:0' as weight_names "
       "says, got none"},
      {"no_weight_names.h5", "expected attribute weight_names at 'conv1_conv', got none"},
      {"no_group.h5",
       "expected a whole HDF5 file, got a damaged one: object 'conv1_conv' doesn't "
       "exist (try to copy or download it again)"},
      {"two_heads.h5",
       "expected one data set for predictions/kernel, got "
       "'predictions/predictions/kernel:0' and 'probs/predictions/kernel:0'"},
      {"soft_link.h5", "expected tensors in the file itself, got a soft link at 'bn1.bias'"},
      {"shapes_resnet18.h5",
       "expected numbers at 'conv1.weight', got a data set that was never filled"},
      {"not_a_number.h5", "expected finite numbers at 'conv1.weight', got nan at index 270"},
      {"infinite.h5", "expected finite numbers at 'conv1.weight', got -inf at index 0"},
  };
  for (const auto& [name, complaint] : expected) {
    const fs::path path = odd_file(name);
    EXPECT_EQ(error_of([&] { read_weights(path, open_backend("reference")); }),
              path.string() + ": " + complaint);
  }
}

}  // namespace
}  // namespace tailor::io
