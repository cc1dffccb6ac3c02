// tailor convert: there and back, what OUT is when nobody says, and what is refused.
#include <gtest/gtest.h>

#include <fstream>

#include "io/model_file.h"
#include "io/weights.h"
#include "tests/support/program.h"
#include "tests/support/python.h"

namespace tailor {
namespace {

namespace fs = std::filesystem;
using test::Outcome;

class Convert : public testing::Test {
 protected:
  Outcome convert(const fs::path& in, const std::string& out,
                  const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"convert", in.string(), out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return test::run_program(arguments, {.folder = folder_.path(), .variables = {}, .program = ""});
  }
  void expect_equal_tensors(const fs::path& a, const fs::path& b) const {
    const io::Weights expected = io::read_weights(a, backend_);
    const io::Weights actual = io::read_weights(b, backend_);
    EXPECT_EQ(actual.variant, expected.variant);
    ASSERT_EQ(actual.tensors.size(), expected.tensors.size());
    for (const auto& [name, tensor] : expected.tensors) {
      EXPECT_TRUE(actual.tensors.at(name).to_vector<float>() == tensor.to_vector<float>()) << name;
    }
  }

  test::TempDir folder_;
  std::shared_ptr<Backend> backend_ = open_backend("reference");
};

TEST_F(Convert, TorchvisionBecomesAModelAndATorchvisionFileAgain) {
  const fs::path source = test::golden_weights("torchvision --model resnet18");
  const Outcome there = convert(source, "model.h5");
  EXPECT_EQ(there.status, 0) << there.err;
  EXPECT_EQ(there.out, "");
  EXPECT_EQ(there.err, "resnet18 from layout torchvision to model, 102 tensors: model.h5\n");
  const io::ModelInfo info = io::read_model_info(folder_ / "model.h5");
  ASSERT_EQ(info.classes.size(), 1000U);
  EXPECT_EQ(info.classes.front(), "class 0");
  EXPECT_EQ(info.classes.back(), "class 999");
  EXPECT_EQ(info.image_size, 224);
  EXPECT_TRUE(info.metrics.empty());

  const Outcome back = convert("model.h5", "back.h5", {"--quiet"});
  EXPECT_EQ(back.status, 0);
  EXPECT_EQ(back.err, "");
  EXPECT_EQ(io::summarize_weights(folder_ / "back.h5").layout, "torchvision");
  expect_equal_tensors(source, folder_ / "back.h5");
}

TEST_F(Convert, AModelKeepsItsNamesAndFigures) {
  const auto network = layers::make_model("resnet18", {.classes = 2}, backend_);
  network->initialize(1);
  const io::ModelInfo info{.classes = {"boots", "hats"},
                           .image_size = 160,
                           .metrics = {{"accuracy", 0.75}},
                           .tailor_version = ""};
  io::save_model(folder_ / "model.h5", *network, info);
  EXPECT_EQ(convert("model.h5", "copy.h5", {"--layout", "model"}).status, 0);
  EXPECT_EQ(test::read_text(folder_ / "copy.h5"), test::read_text(folder_ / "model.h5"));
}

class ConvertSlow : public Convert {};

TEST_F(ConvertSlow, KerasLayoutsThereAndBack) {
  const fs::path source = test::golden_weights("keras2");
  EXPECT_EQ(convert(source, "x.weights.h5").status, 0);
  EXPECT_EQ(io::summarize_weights(folder_ / "x.weights.h5").layout, "keras3");
  EXPECT_EQ(convert("x.weights.h5", "model.h5").status, 0);
  EXPECT_EQ(convert("model.h5", "back.h5", {"--layout", "keras2"}).status, 0);
  EXPECT_EQ(io::summarize_weights(folder_ / "back.h5").layout, "keras2");
  expect_equal_tensors(source, folder_ / "back.h5");
}

TEST_F(ConvertSlow, AFileWithoutAHeadBecomesNoModel) {
  const fs::path source = test::golden_weights("keras2 --no-top");
  const Outcome outcome = convert(source, "model.h5");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(
      outcome.err,
      "error: " + source.string() +
          ": expected a head, which a model file must have, got none (try --layout keras2)\n");
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(Convert, RefusesInOneLineAndWritesNothing) {
  std::ofstream(folder_ / "there.h5") << "precious";
  const fs::path source = test::golden_weights("torchvision --model resnet18");
  struct Refusal {
    std::string out;
    std::vector<std::string> options;
    int status;
    std::string message;
  };
  const Refusal refusals[] = {
      {"x.keras",
       {},
       2,
       "x.keras: expected the name of an HDF5 file, got a .keras archive's (try NAME.weights.h5, "
       "which Keras loads into a network of its own)"},
      {"x.h5",
       {"--layout", "keras3"},
       2,
       "--layout keras3: expected a name that ends in .weights.h5, as Keras does, got x.h5"},
      {"x.weights.h5",
       {"--layout", "torchvision"},
       2,
       "--layout torchvision: expected a name without .weights.h5, by which Keras tells layout "
       "keras3, got x.weights.h5"},
      {"x.h5",
       {"--layout", "keras4"},
       2,
       "--layout: expected one of keras1, keras2, keras3, torchvision, model, got keras4 (try "
       "tailor convert --help)"},
      {"there.h5", {}, 1, "there.h5: expected a new file, got one that is there (try --overwrite)"},
      {"absent/x.h5", {}, 1, "absent/x.h5: expected to write it, got no folder absent"},
      {"x.weights.h5",
       {},
       1,
       "x.weights.h5: expected one of resnet50, resnet101, resnet152 in layout keras3, got "
       "resnet18 "
       "(try --layout torchvision or model)"},
  };
  for (const Refusal& refusal : refusals) {
    const Outcome outcome = convert(source, refusal.out, refusal.options);
    EXPECT_EQ(outcome.status, refusal.status);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "error: " + refusal.message + "\n");
  }
  EXPECT_EQ(test::read_text(folder_ / "there.h5"), "precious");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 1);

  EXPECT_EQ(convert(source, "there.h5", {"--overwrite"}).status, 0);
  EXPECT_TRUE(io::is_model_file(folder_ / "there.h5"));
}

TEST_F(Convert, InfoSaysLayoutAndContainer) {
  const fs::path files =
      test::made_by(fs::path(TAILOR_TEST_DATA) / "../io/files/odd_files.py", "", "odd-files");
  const Outcome keras3 = test::run_program({"info", (files / "keras3_resnet50.h5").string()});
  EXPECT_NE(keras3.out.find("\nlayout           keras3\ncontainer        HDF5\n"),
            std::string::npos)
      << keras3.out;
  const Outcome full = test::run_program({"info", (files / "keras1_full.h5").string()});
  EXPECT_NE(full.out.find("\nlayout           keras1\ncontainer        HDF5, in /model_weights\n"),
            std::string::npos)
      << full.out;
}

}  // namespace
}  // namespace tailor
