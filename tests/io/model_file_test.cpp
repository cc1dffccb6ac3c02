// Model and feature files: what is saved comes back, h5py reads it, and nothing is half-written.
#include "io/model_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "io/feature_file.h"
#include "io/weights.h"
#include "kernels/api/version.h"
#include "tests/support/errors.h"
#include "tests/support/python.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;
using test::error_of;

const Variant kKeras{.stride_on = StrideOn::conv1x1,
                     .conv_bias = true,
                     .epsilon = 1.001e-5,
                     .pool_padding = false,
                     .preprocessing = Preprocessing::caffe};

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ModelFile : public testing::Test {
 protected:
  std::unique_ptr<layers::Network> make_network(uint64_t seed) const {
    auto network = layers::make_model("resnet18", {.classes = 3, .variant = kKeras}, backend_);
    network->initialize(seed);
    return network;
  }
  fs::path saved() const {
    save_model(folder_ / "model.h5", *make_network(1), info_);
    return folder_ / "model.h5";
  }

  std::shared_ptr<Backend> backend_ = open_backend("reference");
  test::TempDir folder_;
  ModelInfo info_{.classes = {"boots", "Röcke", "hats"},
                  .image_size = 160,
                  .metrics = {{"accuracy", 0.9125}, {"loss", 0.25}}};
};

TEST_F(ModelFile, ComesBackAsItWas) {
  const auto network = make_network(1);
  save_model(folder_ / "model.h5", *network, info_);
  const Model model = load_model(folder_ / "model.h5", backend_);
  EXPECT_EQ(model.network->name(), "resnet18");
  EXPECT_EQ(model.network->options().variant, kKeras);
  EXPECT_EQ(model.network->options().classes, 3);
  EXPECT_FALSE(model.network->training());
  EXPECT_EQ(model.info.classes, info_.classes);
  EXPECT_EQ(model.info.image_size, 160);
  EXPECT_EQ(model.info.metrics, info_.metrics);
  EXPECT_EQ(model.info.tailor_version, version());
  const auto before = network->state();
  const auto after = model.network->state();
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].first, before[i].first);
    EXPECT_EQ(after[i].second.to_vector<float>(), before[i].second.to_vector<float>());
  }
}

TEST_F(ModelFile, EqualModelsAreEqualBytes) {
  save_model(folder_ / "one.h5", *make_network(1), info_);
  save_model(folder_ / "two.h5", *make_network(1), info_);
  save_model(folder_ / "other.h5", *make_network(2), info_);
  EXPECT_EQ(bytes_of(folder_ / "one.h5"), bytes_of(folder_ / "two.h5"));
  EXPECT_NE(bytes_of(folder_ / "one.h5"), bytes_of(folder_ / "other.h5"));
}

TEST_F(ModelFile, IsAWeightsFileToo) {
  const Weights weights = read_weights(saved(), backend_);
  EXPECT_EQ(weights.layout, "model");
  EXPECT_EQ(weights.model, "resnet18");
  EXPECT_EQ(weights.variant, kKeras);
  EXPECT_EQ(weights.classes, 3);
  const auto network = make_network(2);
  network->load_state_dict(weights.tensors);
  EXPECT_EQ(network->state().front().second.to_vector<float>(),
            make_network(1)->state().front().second.to_vector<float>());
}

TEST_F(ModelFile, IsReadByH5pyInTorchvisionsLayout) {
  const auto network = make_network(1);
  const fs::path path = saved();
  const auto state = network->state();
  const auto conv = std::find_if(state.begin(), state.end(), [](const auto& named) {
    return named.first == "layer2.0.conv1.weight";
  });
  ASSERT_EQ(conv->second.shape(), (Shape{128, 3, 3, 64}));
  const std::vector<float> ohwi = conv->second.to_vector<float>();
  const float expected = ohwi[((5 * 3 + 1) * 3 + 2) * 64 + 7];  // out 5, row 1, column 2, in 7
  const std::string printed = test::python(
      "import json, sys, h5py\n"
      "sys.path.insert(0, '" +
      std::string(TAILOR_TEST_DATA) +
      "/networks')\n"
      "import specs\n"
      "f = h5py.File('" +
      path.string() +
      "')\n"
      "a = f.attrs\n"
      "print(sorted(f), a['format'], a['format_version'], a['architecture'], a['image_size'])\n"
      "print(a['stride_on'], a['conv_bias'], a['epsilon'], a['pool_padding'], a['preprocessing'])\n"
      "print(json.loads(a['metrics']), f['classes'].asstr()[:].tolist())\n"
      "expected = {n: s for n, s, _ in specs.resnet(18, 3)}\n"
      "biases = {n[:-7] + '.bias' for n, s in expected.items() if len(s) == 4}\n"
      "print({n: w.shape for n, w in f['weights'].items() if n not in biases} == expected)\n"
      "print(biases <= set(f['weights']), {w.dtype.name for w in f['weights'].values()})\n"
      "print(repr(float(f['weights/layer2.0.conv1.weight'][5, 7, 1, 2])))\n");
  EXPECT_EQ(printed,
            "['classes', 'weights'] tailor model 1 resnet18 160\n"
            "conv1x1 1 1.001e-05 0 caffe\n"
            "{'accuracy': 0.9125, 'loss': 0.25} ['boots', 'Röcke', 'hats']\n"
            "True\nTrue {'float32'}\n" +
                fmt::format("{}\n", double{expected}));
}

TEST_F(ModelFile, FullDiskLeavesTheOldFile) {
  const fs::path path = saved(),
                 part = path.parent_path() / ("." + path.filename().string() + ".part");
  const std::string before = bytes_of(path);
  const pid_t child = fork();
  if (child == 0) {  // a limit on the size of files fails as a full disk does, in mid-write
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 20, 1 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string message = error_of([&] { save_model(path, *make_network(2), info_); });
    const bool good = message == part.string() + ": expected to write it, got 'File too large'";
    if (!good) fmt::print(stderr, "{}\n", message);
    _exit(good ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(bytes_of(path), before);
  EXPECT_FALSE(fs::exists(part));
}

TEST_F(ModelFile, ComplaintsWhenSaving) {
  const auto network = make_network(1);
  const fs::path absent = folder_ / "absent" / "model.h5";
  EXPECT_EQ(error_of([&] { save_model(absent, *network, info_); }),
            absent.string() + ": expected to write it, got 'No such file or directory'");
  fs::create_directory(folder_ / "taken");
  std::ofstream(folder_ / "taken" / "file") << "x";
  EXPECT_EQ(error_of([&] { save_model(folder_ / "taken", *network, info_); }),
            (folder_ / "taken").string() + ": expected to write it, got 'Is a directory'");
  info_.classes.pop_back();
  EXPECT_EQ(error_of([&] { save_model(folder_ / "model.h5", *network, info_); }),
            (folder_ / "model.h5").string() + ": expected 3 class names, got 2");
}

TEST_F(ModelFile, ComplaintsWhenLoading) {
  const fs::path path = saved();
  const std::string whole = bytes_of(path);
  const std::pair<const char*, const char*> expected[] = {
      {"del f.attrs['format']",
       "expected a model file, got an HDF5 file of another kind (try --weights FILE for pretrained "
       "weights)"},
      {"f.attrs['format_version'] = 2",
       "expected a model file of version 1, got 2 (try a newer program)"},
      {"f.attrs['architecture'] = 'resnet19'", "expected a known architecture, got 'resnet19'"},
      {"del f.attrs['architecture']",
       "expected the text attribute architecture of a model file, got none"},
      {"f.attrs['stride_on'] = 'conv5x5'", "expected a known stride_on, got 'conv5x5'"},
      {"f.attrs['preprocessing'] = 1",
       "expected the text attribute preprocessing of a model file, got none"},
      {"del f.attrs['epsilon']", "expected the number attribute epsilon of a model file, got none"},
      {"f.attrs['epsilon'] = 0.0", "expected an epsilon between 0 and 1, got 0"},
      {"f.attrs['image_size'] = 0", "expected an image_size in pixels, got 0"},
      {"f.attrs['metrics'] = '{\"accuracy\": \"good\"}'",
       "expected metrics as a JSON object of numbers, got something else"},
      {"del f['classes']", "expected the data set 'classes' of a model file, got none"},
      {"del f['classes']; f['classes'] = ['a', 'b']",
       "expected a head with 2 outputs, one a class, got 3"},
      {"del f['weights/fc.weight'], f['weights/fc.bias']",
       "expected a head with 3 outputs, one a class, got 0"},
      {"del f['weights/bn1.bias']",
       "expected the tensors of resnet18 in layout model, got 1 missing: bn1.bias"},
  };
  for (const auto& [edit, complaint] : expected) {
    std::ofstream(path, std::ios::binary) << whole;
    test::python(
        fmt::format("import h5py\nwith h5py.File('{}', 'a') as f: {}", path.string(), edit));
    EXPECT_EQ(error_of([&] { load_model(path, backend_); }), path.string() + ": " + complaint);
  }
}

TEST(FeatureFile, ComesBackAndIsReadByH5py) {
  const test::TempDir folder;
  const fs::path path = folder / "FEATURES.h5";
  const Features features{.architecture = "resnet18",
                          .dimension = 2,
                          .values = {0.5F, 1, -2, 3, 4, 5},
                          .paths = {"a/1.jpg", "b/ü.png", "x.jpg"},
                          .labels = {0, 1, -1},
                          .classes = {"a", "b"}};
  write_features(path, features);
  EXPECT_TRUE(is_feature_file(path));
  EXPECT_FALSE(is_model_file(path));
  const Features back = read_features(path);
  EXPECT_EQ(back.architecture, features.architecture);
  EXPECT_EQ(back.dimension, features.dimension);
  EXPECT_EQ(back.values, features.values);
  EXPECT_EQ(back.paths, features.paths);
  EXPECT_EQ(back.labels, features.labels);
  EXPECT_EQ(back.classes, features.classes);
  EXPECT_EQ(summarize_features(path).photos, 3);
  EXPECT_EQ(
      test::python("import h5py\n"
                   "f = h5py.File('" +
                   path.string() +
                   "')\n"
                   "print(f['features'].dtype, f['features'][:].tolist())\n"
                   "print(f['paths'].asstr()[:].tolist(), f['labels'].dtype, f['labels'][:])\n"
                   "print(f['classes'].asstr()[:].tolist(), f.attrs['architecture'])\n"),
      "float32 [[0.5, 1.0], [-2.0, 3.0], [4.0, 5.0]]\n"
      "['a/1.jpg', 'b/ü.png', 'x.jpg'] int64 [ 0  1 -1]\n"
      "['a', 'b'] resnet18\n");
}

TEST(FeatureFile, Complaints) {
  const test::TempDir folder;
  const fs::path path = folder / "FEATURES.h5";
  Features features{.architecture = "resnet18",
                    .dimension = 1,
                    .values = {1, 2},
                    .paths = {"a", "b"},
                    .labels = {0, 0},
                    .classes = {"a"}};
  const std::pair<const char*, const char*> expected[] = {
      {"f.attrs['format'] = 'x'",
       "expected a file that 'tailor features' wrote, got another HDF5 file"},
      {"del f['paths']", "expected 'paths' of type string with 1 dimensions, got none"},
      {"del f['labels']; f['labels'] = [0]",
       "expected a path and a label for each of 2 rows, got 2 and 1"},
      {"del f['features']; f['features'] = [1.5]",
       "expected 'features' of type float32 with 2 dimensions, got float64 [1]"},
      {"f['labels'][1] = 1", "expected labels from -1 to 0, got 1"},
  };
  for (const auto& [edit, complaint] : expected) {
    write_features(path, features);
    test::python(
        fmt::format("import h5py\nwith h5py.File('{}', 'a') as f: {}", path.string(), edit));
    EXPECT_EQ(error_of([&] { read_features(path); }), path.string() + ": " + complaint);
  }
  features.labels.pop_back();
  EXPECT_EQ(error_of([&] { write_features(path, features); }),
            path.string() + ": expected 2 labels and 2 values for 2 photos, got 1 and 2");
}

}  // namespace
}  // namespace tailor::io
