// Weights written in other layouts: h5py sees what Keras and torchvision would write, and they come
// back as they were.
#include "io/export.h"

#include <gtest/gtest.h>

#include "tests/support/errors.h"
#include "tests/support/python.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;
using test::error_of;

constexpr Variant kKeras2{.stride_on = StrideOn::conv1x1,
                          .conv_bias = true,
                          .epsilon = 1.001e-5,
                          .pool_padding = true,
                          .preprocessing = Preprocessing::caffe};

/// Names, types, numbers and attributes of two files, each compared; of layers without weights and
/// batch norms' counters, which readers do without, nothing.
std::string compare(const fs::path& ours, const fs::path& theirs) {
  return test::python("import h5py, numpy as np\nours = h5py.File('" + ours.string() +
                      "')\ntheirs = h5py.File('" + theirs.string() + R"(')
def datasets(f):
    found = {}
    def visit(name, o):
        if isinstance(o, h5py.Dataset) and not name.endswith('num_batches_tracked'):
            found[name] = o
    f.visititems(visit)
    return found
def attributes(f, group):
    found = {k: np.asarray(v).tolist() for k, v in f[group].attrs.items()}
    if 'layer_names' in found:
        names = found['layer_names']
        found['layer_names'] = [n for n in names if len(f[n].attrs['weight_names'])]
    return found
a, b = datasets(ours), datasets(theirs)
groups = {'/'} | {'/'.join(n.split('/')[:i]) for n in b for i in range(1, n.count('/') + 1)}
groups |= {'vars'} & theirs.keys()
print('names', a.keys() == b.keys(), len(b) > 60)
print('numbers', all(a[n].dtype == b[n].dtype and np.array_equal(a[n], b[n]) for n in b))
print('attributes', all(attributes(ours, g) == attributes(theirs, g) for g in groups))
)");
}

struct Case {
  std::string layout;
  std::string golden;  ///< arguments of write_hdf5.py
};

class ExportSlow : public testing::TestWithParam<Case> {};

TEST_P(ExportSlow, IsWhatOthersWriteAndComesBack) {
  const auto& [layout, golden] = GetParam();
  const auto backend = open_backend("reference");
  const test::TempDir folder;
  fs::path theirs = test::golden_weights(golden);
  const Weights weights = read_weights(theirs, backend);
  export_weights(folder / "ours.h5", weights, layout);
  if (layout == "keras3") {  // Keras 3's own, checked by hand
    const fs::path script = fs::path(TAILOR_TEST_DATA) / "../io/files/keras3_file.py";
    test::python(
        fmt::format("import subprocess, sys\n"
                    "subprocess.check_call([sys.executable, '-B', '{}', '{}', '{}'])\n",
                    script.string(), theirs.string(), (folder / "theirs.h5").string()));
    theirs = folder / "theirs.h5";
  }
  EXPECT_EQ(compare(folder / "ours.h5", theirs),
            "names True True\nnumbers True\nattributes True\n");

  const Weights back = read_weights(folder / "ours.h5", backend);
  EXPECT_EQ(back.layout, layout);
  EXPECT_EQ(back.model, weights.model);
  EXPECT_EQ(back.variant, weights.variant);
  EXPECT_EQ(back.classes, weights.classes);
  ASSERT_EQ(back.tensors.size(), weights.tensors.size());
  for (const auto& [name, tensor] : weights.tensors) {
    EXPECT_TRUE(back.tensors.at(name).to_vector<float>() == tensor.to_vector<float>()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, ExportSlow,
                         testing::Values(Case{"keras1", "keras1"}, Case{"keras2", "keras2"},
                                         Case{"keras3", "keras2"},
                                         Case{"torchvision", "torchvision --model resnet18"}),
                         [](const auto& test) { return test.param.layout; });

TEST(Export, RefusesWhatALayoutCannotExpress) {
  const test::TempDir folder;
  const fs::path path = folder / "out.h5";
  const auto complaint = [&](const std::string& model, const Variant& variant,
                             const std::string& layout, int64_t classes) {
    const Weights weights{
        .model = model, .layout = "model", .variant = variant, .tensors = {}, .classes = classes};
    const std::string message = error_of([&] { export_weights(path, weights, layout); });
    EXPECT_TRUE(message.starts_with(path.string() + ": ")) << message;
    return message.substr(path.string().size() + 2);
  };
  EXPECT_EQ(complaint("resnet50", {}, "keras2", 5),
            "expected stride_on conv1x1 in layout keras2, got conv3x3 (try --layout torchvision or "
            "model)");
  EXPECT_EQ(complaint("resnet50", kKeras2, "torchvision", 0),
            "expected stride_on conv3x3 in layout torchvision, got conv1x1 (try --layout keras2 or "
            "keras3)");
  EXPECT_EQ(complaint("resnet50", kKeras2, "keras1", 5),
            "expected epsilon 0.001 in layout keras1, got 1.001e-05 (try --layout keras2 or keras3 "
            "or model)");
  EXPECT_EQ(complaint("resnet18", {}, "keras3", 5),
            "expected one of resnet50, resnet101, resnet152 in layout keras3, got resnet18 (try "
            "--layout torchvision or model)");
  EXPECT_EQ(complaint("resnet101", kKeras2, "keras1", 0),
            "expected one of resnet50 in layout keras1, got resnet101 (try --layout keras2 or "
            "keras3)");
  Variant variant = kKeras2;
  variant.conv_bias = false;
  EXPECT_EQ(complaint("resnet50", variant, "keras2", 0),
            "expected conv_bias true in layout keras2, got false");
  variant = kKeras2;
  variant.pool_padding = false;
  EXPECT_EQ(complaint("resnet50", variant, "keras3", 5),
            "expected pool_padding true in layout keras3, got false (try --layout model)");
  variant = {};
  variant.preprocessing = Preprocessing::tf;
  EXPECT_EQ(complaint("resnet34", variant, "torchvision", 5),
            "expected preprocessing torchvision in layout torchvision, got tf (try --layout "
            "model)");
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace tailor::io
