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
  PretrainedTest() {
    setenv("XDG_CACHE_HOME", cache_.path().c_str(), 1);
    setenv("TAILOR_WEIGHTS_URL", "http://127.0.0.1:0", 1);  // where nobody listens
  }
  ~PretrainedTest() override {
    unsetenv("XDG_CACHE_HOME");
    unsetenv("TAILOR_WEIGHTS_URL");
  }

  Pretrained backbone(const PretrainedOptions& options, int64_t classes = 3, uint64_t seed = 0) {
    return load_backbone(options, classes, seed, backend_, console_);
  }
  std::string error_of(const PretrainedOptions& options) {
    return test::error_of([&] { backbone(options); });
  }

  test::TempDir cache_;
  std::shared_ptr<Backend> backend_ = open_backend("cpu");
  Console console_{true};
};

TEST_F(PretrainedTest, ImagenetIsThePublishedFileInTheCache) {
  const fs::path folder = cache_ / "tailor";
  const std::string stem = "resnet50_weights_tf_dim_ordering_tf_kernels";
  EXPECT_TRUE(error_of({}).starts_with("--weights imagenet: http://127.0.0.1:0/" + stem +
                                       "_notop.h5: expected the file, got '"));
  fs::create_directories(folder);
  fs::create_symlink(test::golden_weights("keras2 --no-top"), folder / (stem + "_notop.h5"));
  const Pretrained pretrained = backbone({});
  EXPECT_EQ(pretrained.network->name(), "resnet50");
  EXPECT_EQ(pretrained.network->options().classes, 3);
  EXPECT_EQ(pretrained.network->options().variant.preprocessing, Preprocessing::caffe);
  EXPECT_EQ(pretrained.layout, "keras2");
  EXPECT_EQ(pretrained.source, (folder / (stem + "_notop.h5")).string());
  // A head is wanted, but the file has none.
  EXPECT_NE(test::error_of([&] {
              load_with_head({}, backend_, console_);
            }).find(stem + ".h5: expected the file"),
            std::string::npos);
}

TEST_F(PretrainedTest, ImagenetIsNotPublishedForEveryNetwork) {
  EXPECT_NE(error_of({.model = "resnet18"}).find("expected resnet50, resnet101 or resnet152"),
            std::string::npos);
}

TEST_F(PretrainedTest, NetworkIsToldByTheWeights) {
  const std::string file = test::golden_weights("torchvision --model resnet18").string();
  const Pretrained pretrained = backbone({.weights = file}, 4);
  EXPECT_EQ(pretrained.network->name(), "resnet18");
  EXPECT_EQ(error_of({.model = "resnet34", .weights = file}),
            "--model: expected resnet18, for which " + file + " was made, got resnet34");
  const Pretrained whole = load_with_head({.weights = file}, backend_, console_);
  EXPECT_EQ(whole.network->options().classes, 1000);
}

TEST_F(PretrainedTest, VariantNeedsItsLayout) {
  const std::string file = test::golden_weights("torchvision --model resnet18").string();
  EXPECT_THROW(backbone({.weights = file, .variant = "keras2015"}), Error);
  EXPECT_THROW(backbone({.weights = "none", .variant = "keras2015"}), UsageError);
}

TEST_F(PretrainedTest, SeedDrawsTheHead) {
  const auto head = [&](uint64_t seed) {
    const auto pretrained = backbone({.model = "resnet18", .weights = "none"}, 3, seed);
    return pretrained.network->state().back().second.to_vector<float>();
  };
  EXPECT_EQ(head(1), head(1));
  EXPECT_NE(head(1), head(2));
}

}  // namespace
}  // namespace tailor::train
