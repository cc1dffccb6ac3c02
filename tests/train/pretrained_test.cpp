// Where networks to start from come from.
#include "train/pretrained.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/errors.h"
#include "tests/support/python.h"
#include "tests/support/temp_dir.h"

namespace tailor::train {
namespace {

namespace fs = std::filesystem;

class PretrainedTest : public ::testing::Test {
 protected:
  PretrainedTest() { setenv("XDG_CACHE_HOME", cache_.path().c_str(), 1); }
  ~PretrainedTest() override { unsetenv("XDG_CACHE_HOME"); }

  std::string error_of(const PretrainedOptions& options) {
    return test::error_of([&] { load_backbone(options, 3, 0, backend_); });
  }

  test::TempDir cache_;
  std::shared_ptr<Backend> backend_ = open_backend("cpu");
};

TEST_F(PretrainedTest, ImagenetIsThePublishedFileInTheCache) {
  const fs::path folder = cache_ / "tailor";
  EXPECT_EQ(cache_folder(), folder);
  const std::string stem = "resnet50_weights_tf_dim_ordering_tf_kernels";
  EXPECT_EQ(error_of({}),
            "--weights imagenet: expected " + (folder / stem).string() +
                "_notop.h5, got no such file (get it from "
                "https://storage.googleapis.com/tensorflow/keras-applications/resnet/" +
                stem + "_notop.h5, or try --weights FILE or --weights none)");
  fs::create_directories(folder);
  fs::create_symlink(test::golden_weights("keras2 --no-top"), folder / (stem + "_notop.h5"));
  const Pretrained pretrained = load_backbone({}, 3, 0, backend_);
  EXPECT_EQ(pretrained.network->name(), "resnet50");
  EXPECT_EQ(pretrained.network->options().classes, 3);
  EXPECT_EQ(pretrained.network->options().variant.preprocessing, Preprocessing::caffe);
  EXPECT_EQ(pretrained.layout, "keras2");
  EXPECT_EQ(pretrained.source, (folder / (stem + "_notop.h5")).string());
  // A head is wanted, but the file has none.
  EXPECT_NE(test::error_of([&] { load_with_head({}, backend_); }).find(stem + ".h5, got no such"),
            std::string::npos);
}

TEST_F(PretrainedTest, ImagenetIsNotPublishedForEveryNetwork) {
  EXPECT_NE(error_of({.model = "resnet18"}).find("expected resnet50, resnet101 or resnet152"),
            std::string::npos);
}

TEST_F(PretrainedTest, WithoutACacheVariableTheHomeFolderHasIt) {
  unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(cache_folder(), fs::path(std::getenv("HOME")) / ".cache" / "tailor");
}

TEST_F(PretrainedTest, NetworkIsToldByTheWeights) {
  const std::string file = test::golden_weights("torchvision --model resnet18").string();
  const Pretrained pretrained = load_backbone({.weights = file}, 4, 0, backend_);
  EXPECT_EQ(pretrained.network->name(), "resnet18");
  EXPECT_EQ(error_of({.model = "resnet34", .weights = file}),
            "--model: expected resnet18, for which " + file + " was made, got resnet34");
  const Pretrained whole = load_with_head({.weights = file}, backend_);
  EXPECT_EQ(whole.network->options().classes, 1000);
}

TEST_F(PretrainedTest, VariantNeedsItsLayout) {
  const std::string file = test::golden_weights("torchvision --model resnet18").string();
  EXPECT_THROW(load_backbone({.weights = file, .variant = "keras2015"}, 3, 0, backend_), Error);
  EXPECT_THROW(load_backbone({.weights = "none", .variant = "keras2015"}, 3, 0, backend_),
               UsageError);
}

TEST_F(PretrainedTest, SeedDrawsTheHead) {
  const auto head = [&](uint64_t seed) {
    const auto pretrained =
        load_backbone({.model = "resnet18", .weights = "none"}, 3, seed, backend_);
    return pretrained.network->state().back().second.to_vector<float>();
  };
  EXPECT_EQ(head(1), head(1));
  EXPECT_NE(head(1), head(2));
}

}  // namespace
}  // namespace tailor::train
