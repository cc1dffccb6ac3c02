// The main job as a user runs it: fine-tune, evaluate, predict and features on a small data set.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "io/feature_file.h"
#include "io/model_file.h"
#include "io/weights.h"
#include "tests/support/photos.h"
#include "tests/support/program.h"
#include "tests/support/python.h"

namespace tailor {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::Outcome;
using test::run_program;

constexpr int kEpochs = 4;

std::vector<json> json_lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

/// Data, weights with statistics that are not those of a new network, and runs from them.
class EndToEnd : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch.emplace();
    test::write_shapes(data() / "train", 0, 24);
    test::write_shapes(data() / "validation", 100, 9);
  }
  static void TearDownTestSuite() { scratch.reset(); }

  static fs::path place(const std::string& name) { return *scratch / name; }
  static fs::path data() { return place("shapes"); }
  static fs::path weights() { return test::golden_weights("torchvision --model resnet18"); }
  static Outcome finetune(const std::string& out, std::vector<std::string> more) {
    std::vector<std::string> arguments = {"finetune",     data().string(),
                                          "--weights",    weights().string(),
                                          "--epochs",     std::to_string(kEpochs),
                                          "--image-size", "32",
                                          "--lr",         "0.01",
                                          "--out",        place(out).string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  }
  static json report(const std::string& run) {
    return json::parse(test::read_text(place(run) / "report.json"));
  }

  /// The run "run", which several tests look at; made by the first of them.
  static const Outcome& the_run() {
    static const Outcome outcome = finetune("run", {"--threads", "1"});
    return outcome;
  }
  static fs::path model() {
    the_run();
    return place("run") / "model.h5";
  }

  static inline std::optional<test::TempDir> scratch;
};

TEST_F(EndToEnd, RunHoldsModelLinesAndReport) {
  const Outcome& outcome = the_run();
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("photos named rightly"), std::string::npos);
  EXPECT_NE(outcome.out.find("square"), std::string::npos);
  EXPECT_NE(outcome.out.find(model().string()), std::string::npos);
  EXPECT_NE(outcome.err.find("3 classes; 72 photos to train on, 27 to judge by"), std::string::npos)
      << outcome.err;

  const json result = report("run");
  EXPECT_EQ(result["epochs"].size(), kEpochs);
  EXPECT_EQ(result["data"]["classes"][1]["name"], "disc");
  EXPECT_EQ(result["data"]["classes"][1]["train"], 24);
  EXPECT_EQ(result["network"]["model"], "resnet18");
  EXPECT_GE(result["validation"]["accuracy"], 0.9) << "coloured shapes are easy";
  const auto lines = json_lines(test::read_text(place("run") / "metrics.jsonl"));
  ASSERT_EQ(lines.size(), kEpochs);
  EXPECT_EQ(json(lines), result["epochs"]);
  double best = 0;
  for (const json& line : lines) best = std::max<double>(best, line["validation_accuracy"]);
  EXPECT_EQ(result["validation"]["accuracy"], best);

  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(place("run"))) {
    files.push_back(entry.path().filename().string());
  }
  std::sort(files.begin(), files.end());
  EXPECT_EQ(files, (std::vector<std::string>{"last.h5", "metrics.jsonl", "model.h5", "report.html",
                                             "report.json", "run.json"}));
}

TEST_F(EndToEnd, BackboneBytesAreThoseOfTheWeights) {
  const auto backend = open_backend("reference");
  const io::Weights before = io::read_weights(weights(), backend);
  const io::Model after = io::load_model(model(), backend);
  size_t compared = 0;
  for (const auto& [name, tensor] : after.network->state()) {
    if (name.starts_with("fc.")) continue;
    EXPECT_EQ(tensor.to_vector<float>(), before.tensors.at(name).to_vector<float>()) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 100U) << "20 convolutions and batch norms of 4 tensors each";
}

TEST_F(EndToEnd, EvaluateAndPredictAgreeWithTheReport) {
  const fs::path file = place("judged.json");
  const Outcome judged =
      run_program({"evaluate", model().string(), data().string(), "--json", file.string()});
  ASSERT_EQ(judged.status, 0) << judged.err;
  const json evaluated = json::parse(test::read_text(file));
  EXPECT_EQ(evaluated["metrics"], report("run")["validation"]);

  const Outcome named = run_program(
      {"predict", model().string(), (data() / "validation").string(), "--json", "--top", "0"});
  ASSERT_EQ(named.status, 0) << named.err;
  const std::vector<json> lines = json_lines(named.out);
  ASSERT_EQ(lines.size(), 27U);
  for (size_t i = 0; i < lines.size(); ++i) {
    const json& best = lines[i]["predictions"][0];
    EXPECT_EQ(lines[i]["path"], evaluated["photos"][i]["path"]);
    EXPECT_EQ(best["name"], evaluated["photos"][i]["answer"]);
    EXPECT_EQ(best["probability"], evaluated["photos"][i]["probability"]);
    ASSERT_EQ(lines[i]["predictions"].size(), 3U);
    double sum = 0;
    double before = 1;
    for (const json& prediction : lines[i]["predictions"]) {
      const double probability = prediction["probability"];
      EXPECT_LE(probability, before);
      before = probability;
      sum += probability;
    }
    EXPECT_NEAR(sum, 1, 1e-12);
  }
}

TEST_F(EndToEnd, EvaluateTakesAListAndSaysWhenItJudgesAll) {
  const fs::path folder = data() / "validation";
  const fs::path list = place("list.csv");
  std::ofstream(list) << [&] {
    std::string text = "path,label,split\n";
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string label = entry.path().parent_path().filename().string();
      text += fmt::format("\"{}\",{},val\n", entry.path().string(), label);
    }
    return text;
  }();
  const Outcome by_part = run_program({"evaluate", model().string(), data().string()});
  const Outcome by_list = run_program({"evaluate", model().string(), list.string()});
  const Outcome all = run_program({"evaluate", model().string(), folder.string(), "--quiet"});
  ASSERT_EQ(by_list.status, 0) << by_list.err;
  EXPECT_EQ(by_list.out, by_part.out);
  EXPECT_EQ(all.out, by_part.out);
  EXPECT_EQ(by_list.err.find("judging all"), std::string::npos);
  EXPECT_NE(all.err.find("warning: judging all 27 photos of " + folder.string() +
                         ", which may be those it was trained on"),
            std::string::npos)
      << all.err;
}

TEST_F(EndToEnd, AnAnswerDoesNotDependOnOtherPhotosOrOnTheBatch) {
  const fs::path folder = data() / "validation" / "disc";
  const Outcome together = run_program({"predict", model().string(), folder.string(), "--json"});
  const Outcome alone =
      run_program({"predict", model().string(), (folder / "105.png").string(), "--json"});
  const Outcome small = run_program(
      {"predict", model().string(), folder.string(), "--json", "--batch", "1", "--threads", "3"});
  ASSERT_EQ(alone.status, 0) << alone.err;
  EXPECT_NE(together.out.find(alone.out), std::string::npos);
  EXPECT_EQ(together.out, small.out);
}

TEST_F(EndToEnd, SameSeedGivesTheSameBytesForAnyNumberOfThreads) {
  ASSERT_EQ(the_run().status, 0);
  ASSERT_EQ(finetune("four", {"--threads", "4"}).status, 0);
  for (const char* file : {"model.h5", "last.h5"}) {
    EXPECT_TRUE(test::read_text(place("run") / file) == test::read_text(place("four") / file))
        << file;
  }
  ASSERT_EQ(finetune("seed", {"--seed", "1"}).status, 0);
  EXPECT_FALSE(test::read_text(model()) == test::read_text(place("seed") / "model.h5"));
}

TEST_F(EndToEnd, WholeNetworkLearnsAlikeForAnyNumberOfThreads) {
  const std::vector<std::string> more = {"--train", "all", "--limit-train", "33", "--epochs", "2"};
  for (const char* threads : {"1", "4"}) {
    std::vector<std::string> arguments = more;
    arguments.insert(arguments.end(), {"--threads", threads});
    const Outcome outcome = finetune(std::string("all") + threads, arguments);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  EXPECT_TRUE(test::read_text(place("all1") / "last.h5") ==
              test::read_text(place("all4") / "last.h5"));
  const auto backend = open_backend("reference");
  const io::Weights before = io::read_weights(weights(), backend);
  const io::Model after = io::load_model(place("all1") / "last.h5", backend);
  for (const auto& [name, tensor] : after.network->state()) {
    if (name.starts_with("fc.")) continue;
    EXPECT_NE(tensor.to_vector<float>(), before.tensors.at(name).to_vector<float>()) << name;
  }
}

TEST_F(EndToEnd, OnlyLayer4AndTheHeadLearn) {
  ASSERT_EQ(finetune("layer4", {"--train", "layer4", "--epochs", "1"}).status, 0);
  const auto backend = open_backend("reference");
  const io::Weights before = io::read_weights(weights(), backend);
  const io::Model after = io::load_model(place("layer4") / "model.h5", backend);
  for (const auto& [name, tensor] : after.network->state()) {
    if (name.starts_with("fc.")) continue;
    const bool changed = tensor.to_vector<float>() != before.tensors.at(name).to_vector<float>();
    EXPECT_EQ(changed, name.starts_with("layer4.")) << name;
  }
}

class EndToEndSlow : public EndToEnd {};

TEST_F(EndToEndSlow, CudaKernelsOnTheProcessorLearnTheSame) {
  for (const std::string what : {"head", "all"}) {
    const auto losses_on = [&](const std::string& device) {
      const std::string out = device + "_" + what;
      const Outcome outcome =
          finetune(out, {"--device", device, "--train", what, "--optimizer", "sgd", "--lr", "0.001",
                         "--epochs", "2", "--limit-train", "9", "--limit-val", "3"});
      EXPECT_EQ(outcome.status, 0) << outcome.err;
      std::vector<double> losses;
      for (const json& line : json_lines(test::read_text(place(out) / "metrics.jsonl"))) {
        losses.push_back(line["train_loss"]);
      }
      return losses;
    };
    const std::vector<double> cpu = losses_on("cpu"), simt = losses_on("simt");
    ASSERT_EQ(cpu.size(), 2U);
    ASSERT_EQ(simt.size(), 2U);
    for (size_t epoch = 0; epoch < 2; ++epoch) {
      // Sums of some thousand numbers in f32, in another order, behind one another.
      EXPECT_NEAR(simt[epoch], cpu[epoch], 1e-4 * cpu[epoch]) << what << ", epoch " << epoch + 1;
    }
  }
}

TEST_F(EndToEnd, ModelOutlivesDataAndWeights) {
  fs::copy(data(), place("gone"), fs::copy_options::recursive);
  fs::copy(weights(), place("gone.h5"));
  ASSERT_EQ(run_program({"finetune", place("gone").string(), "--weights", place("gone.h5").string(),
                         "--epochs", "1", "--image-size", "32", "--out", place("lonely").string()})
                .status,
            0);
  fs::remove_all(place("gone"));
  fs::remove(place("gone.h5"));
  const fs::path photo = data() / "train" / "bar" / "3.png";
  const Outcome named =
      run_program({"predict", (place("lonely") / "model.h5").string(), photo.string()});
  EXPECT_EQ(named.status, 0) << named.err;
  EXPECT_TRUE(named.out.starts_with(photo.string())) << named.out;
}

TEST_F(EndToEnd, FreshViewsInEveryEpoch) {
  ASSERT_EQ(finetune("fresh", {"--views", "0", "--threads", "1"}).status, 0);
  ASSERT_EQ(finetune("fixed", {"--views", std::to_string(kEpochs)}).status, 0);
  // As many views as epochs are as good as new ones.
  EXPECT_TRUE(test::read_text(place("fresh") / "last.h5") ==
              test::read_text(place("fixed") / "last.h5"));
}

TEST_F(EndToEnd, DamagedPhotosAreLeftOutAndListed) {
  const fs::path copy = place("damaged");
  fs::copy(data(), copy, fs::copy_options::recursive);
  std::ofstream(copy / "train" / "disc" / "notes.txt") << "no photo";
  std::ofstream(copy / "validation" / "bar" / "100.png") << "";
  const Outcome outcome =
      run_program({"finetune", copy.string(), "--weights", weights().string(), "--image-size", "32",
                   "--epochs", "1", "--out", place("damaged-run").string()});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("2 photos could not be read"), std::string::npos) << outcome.err;
  const json result = report("damaged-run");
  ASSERT_EQ(result["data"]["skipped"].size(), 2U);
  EXPECT_TRUE(std::string(result["data"]["skipped"][0]["photo"]).ends_with("notes.txt"));
  EXPECT_EQ(result["validation"]["photos"], 26);
}

TEST_F(EndToEnd, QuietSaysNothingButTheResult) {
  const Outcome outcome = finetune("quiet", {"--quiet", "--epochs", "1"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_NE(outcome.out.find("accuracy"), std::string::npos);
}

TEST_F(EndToEnd, OverwriteReplacesOnlyItsOwnFiles) {
  ASSERT_EQ(finetune("again", {"--epochs", "1"}).status, 0);
  std::ofstream(place("again") / "mine.txt") << "mine";
  const Outcome refused = finetune("again", {"--epochs", "2"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("--overwrite"), std::string::npos);
  EXPECT_EQ(report("again")["epochs"].size(), 1U);
  ASSERT_EQ(finetune("again", {"--epochs", "2", "--overwrite"}).status, 0);
  EXPECT_EQ(report("again")["epochs"].size(), 2U);
  EXPECT_EQ(test::read_text(place("again") / "mine.txt"), "mine");
}

TEST_F(EndToEnd, RunIsNamedAfterTheData) {
  const fs::path folder = place("desk");
  fs::create_directory(folder);
  for (const char* run : {"runs/shapes", "runs/shapes-2"}) {
    const Outcome outcome = run_program({"finetune", "../shapes", "--weights", weights().string(),
                                         "--epochs", "1", "--image-size", "32", "--views", "1"},
                                        {.folder = folder, .variables = {}});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_TRUE(fs::exists(folder / run / "model.h5")) << run;
  }
}

TEST_F(EndToEnd, NothingPretrainedIsSaidPlainly) {
  const Outcome outcome = run_program({"finetune", data().string(), "--model", "resnet18",
                                       "--weights", "none", "--image-size", "32", "--epochs", "1",
                                       "--quiet", "--out", place("none").string()});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("nothing is pretrained"), std::string::npos) << outcome.err;
}

TEST_F(EndToEnd, DivergenceStopsWithItsCause) {
  const Outcome outcome =
      finetune("diverged", {"--train", "all", "--optimizer", "sgd", "--lr", "1e30"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("error: training: expected a finite loss, got "), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("in epoch 1, batch 2 at learning rate 1e+30 (try a smaller --lr)"),
            std::string::npos)
      << outcome.err;
  EXPECT_FALSE(fs::exists(place("diverged"))) << "nothing to keep";
}

TEST_F(EndToEnd, CtrlCLeavesAUsableModel) {
  for (const char* train : {"head", "all"}) {
    const std::string out = std::string("stopped-") + train;
    test::Program program({"finetune", data().string(), "--weights", weights().string(),
                           "--image-size", "32", "--epochs", "10000", "--train", train, "--out",
                           place(out).string()});
    ASSERT_TRUE(program.wait_for("Epoch 1 of 10000"));
    program.send(SIGINT);
    const Outcome outcome = program.wait();
    EXPECT_EQ(outcome.status, 130) << outcome.err;
    EXPECT_NE(outcome.err.find("Stopped: "), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    for (const char* file : {"last.h5", "model.h5"}) {
      const Outcome named = run_program(
          {"predict", (place(out) / file).string(), (data() / "validation" / "disc").string()});
      EXPECT_EQ(named.status, 0) << named.err;
    }
    EXPECT_EQ(report(out)["stopped"], true);
  }
}

TEST_F(EndToEnd, CtrlCBeforeAnythingIsLearntLeavesAUsableModelToo) {
  test::Program program({"finetune", data().string(), "--weights", weights().string(),
                         "--image-size", "32", "--views", "1000", "--epochs", "1000", "--out",
                         place("early").string()});
  ASSERT_TRUE(program.wait_for("view 1 of 1000"));
  program.send(SIGINT);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  EXPECT_TRUE(io::is_model_file(place("early") / "last.h5"));
  EXPECT_FALSE(fs::exists(place("early") / "model.h5")) << "no epoch was the best";
}

TEST_F(EndToEnd, FeaturesAreRowsInTheOrderOfThePhotos) {
  const fs::path file = place("features.h5");
  const Outcome outcome = run_program({"features", "--weights", weights().string(), data().string(),
                                       "--out", file.string(), "--quiet"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  const io::Features features = io::read_features(file);
  EXPECT_EQ(features.architecture, "resnet18");
  EXPECT_EQ(features.dimension, 512);
  EXPECT_EQ(features.classes, test::shape_classes());
  ASSERT_EQ(features.paths.size(), 72U + 27U);
  EXPECT_TRUE(features.paths[24].ends_with("train/disc/0.png")) << features.paths[24];
  EXPECT_EQ(features.labels[24], 1);
  EXPECT_TRUE(features.paths[98].ends_with("validation/square/108.png")) << features.paths[98];
  EXPECT_EQ(features.labels[98], 2);

  const fs::path one = place("one.h5");
  const Outcome alone =
      run_program({"features", "--weights", weights().string(),
                   (data() / "train" / "disc" / "0.png").string(), "--out", one.string()});
  ASSERT_EQ(alone.status, 0) << alone.err;
  const io::Features row = io::read_features(one);
  EXPECT_EQ(row.labels, std::vector<int64_t>{-1});
  EXPECT_TRUE(std::equal(row.values.begin(), row.values.end(), features.values.begin() + 24 * 512));
}

TEST_F(EndToEnd, PredictWithPretrainedWeightsAlone) {
  const Outcome outcome =
      run_program({"predict", "--model", "resnet18", "--weights", weights().string(),
                   (data() / "train" / "disc" / "0.png").string(), "--json", "--top", "2"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json line = json::parse(outcome.out);
  ASSERT_EQ(line["predictions"].size(), 2U);
  const int64_t index = line["predictions"][0]["index"];
  EXPECT_EQ(line["predictions"][0]["name"], fmt::format("class {}", index));
}

TEST_F(EndToEnd, PredictWritesATableForSpreadsheets) {
  const fs::path file = place("answers.csv");
  const Outcome outcome =
      run_program({"predict", model().string(), (data() / "validation").string(), "--csv",
                   file.string(), "--top", "2"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  std::istringstream lines(test::read_text(file));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "path,class1,probability1,class2,probability2,error");
  size_t rows = 0;
  while (std::getline(lines, line)) {
    ++rows;
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), 5) << line;
  }
  EXPECT_EQ(rows, 27U);
}

}  // namespace
}  // namespace tailor
