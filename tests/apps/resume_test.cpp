// Runs that were interrupted, as a user meets them: killed, stopped, out of space, and gone on
// with.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <thread>

#include "tests/support/photos.h"
#include "tests/support/program.h"
#include "tests/support/python.h"

namespace tailor {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::Outcome;
using test::run_program;

class Resume : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch.emplace();
    test::write_shapes(place("shapes") / "train", 0, 16);
    test::write_shapes(place("shapes") / "validation", 100, 6);
  }
  static void TearDownTestSuite() { scratch.reset(); }

  static fs::path place(const std::string& name) { return *scratch / name; }
  static std::vector<std::string> finetune(const std::string& out, const std::string& train,
                                           int epochs) {
    return {"finetune",     place("shapes").string(),
            "--weights",    test::golden_weights("torchvision --model resnet18").string(),
            "--epochs",     std::to_string(epochs),
            "--image-size", "32",
            "--batch",      "8",
            "--train",      train,
            "--schedule",   "cosine",
            "--out",        place(out).string()};
  }
  static Outcome resume(const std::string& run) {
    return run_program({"finetune", "--resume", place(run).string()});
  }
  static void expect_other_photos(const std::string& run) {
    const Outcome outcome = resume(run);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("error: --resume: expected the photos that "), std::string::npos)
        << outcome.err;
  }
  /// The report without what time and the place of the run are in.
  static json report(const std::string& run) {
    json value = json::parse(test::read_text(place(run) / "report.json"));
    for (json& epoch : value["epochs"]) epoch.erase("seconds");
    value.erase("command");
    value.erase("finished");
    value["training"].erase("command");
    return value;
  }
  static void expect_equal_runs(const std::string& a, const std::string& b) {
    for (const char* file : {"model.h5", "last.h5"}) {
      EXPECT_TRUE(test::read_text(place(a) / file) == test::read_text(place(b) / file)) << file;
    }
    EXPECT_EQ(report(a), report(b));
  }

  static inline std::optional<test::TempDir> scratch;
};

TEST_F(Resume, StoppedByCtrlCAndGoneOnWithEndsWithTheSameBytes) {
  for (const std::string train : {"head", "all"}) {
    const int epochs = train == "all" ? 4 : 300;
    ASSERT_EQ(run_program(finetune("whole-" + train, train, epochs)).status, 0);
    const std::string run = "stopped-" + train;
    test::Program program(finetune(run, train, epochs));
    ASSERT_TRUE(program.wait_for("Epoch 2 of"));
    program.send(SIGINT);
    const Outcome stopped = program.wait();
    ASSERT_EQ(stopped.status, 130) << stopped.err;
    EXPECT_NE(stopped.err.find("--resume " + place(run).string()), std::string::npos);
    const Outcome outcome = resume(run);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("Resuming "), std::string::npos) << outcome.err;
    expect_equal_runs("whole-" + train, run);
  }
}

TEST_F(Resume, AFinishedRunStaysAsItIs) {
  ASSERT_EQ(run_program(finetune("whole", "head", 3)).status, 0);
  fs::copy(place("whole"), place("finished"), fs::copy_options::recursive);
  const Outcome outcome = resume("finished");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("photos named rightly"), std::string::npos);
  expect_equal_runs("whole", "finished");
}

TEST_F(Resume, OtherPhotosAreRefused) {
  fs::copy(place("shapes"), place("grown"), fs::copy_options::recursive);
  std::vector<std::string> arguments = finetune("refused", "head", 1);
  arguments[1] = place("grown").string();
  ASSERT_EQ(run_program(arguments).status, 0);
  const std::string before = test::read_text(place("refused") / "last.h5");
  fs::remove(place("grown") / "train" / "disc" / "3.png");
  expect_other_photos("refused");
  EXPECT_TRUE(test::read_text(place("refused") / "last.h5") == before);
}

TEST_F(Resume, PhotosMayBeNamedFromAnyFolder) {
  std::vector<std::string> arguments = finetune("elsewhere", "head", 1);
  arguments[1] = "./shapes/";
  ASSERT_EQ(run_program(arguments, {.folder = scratch->path()}).status, 0);
  const Outcome outcome = resume("elsewhere");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(Resume, PhotosThatCanNoLongerBeReadAreOthers) {
  fs::copy(place("shapes"), place("fading"), fs::copy_options::recursive);
  std::vector<std::string> arguments = finetune("faded", "head", 1);
  arguments[1] = place("fading").string();
  ASSERT_EQ(run_program(arguments).status, 0);
  std::ofstream(place("fading") / "train" / "disc" / "3.png") << "no photo";
  expect_other_photos("faded");
}

TEST_F(Resume, LostMetricsAreNotMissed) {
  ASSERT_EQ(run_program(finetune("forgetful", "head", 2)).status, 0);
  fs::remove(place("forgetful") / "metrics.jsonl");
  const Outcome outcome = resume("forgetful");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(report("forgetful")["epochs"].empty());
}

TEST_F(Resume, ARunJsonOfAnotherShapeIsNoRunOfThesePhotos) {
  ASSERT_EQ(run_program(finetune("misled", "head", 1)).status, 0);
  json run = json::parse(test::read_text(place("misled") / "run.json"));
  run["photos"] = 5;
  std::ofstream(place("misled") / "run.json") << run;
  expect_other_photos("misled");
}

TEST_F(Resume, ADamagedCheckpointIsNamed) {
  ASSERT_EQ(run_program(finetune("torn", "head", 1)).status, 0);
  fs::resize_file(place("torn") / "last.h5", 100'000);
  const Outcome outcome = resume("torn");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("last.h5: expected a whole HDF5 file"), std::string::npos)
      << outcome.err;
}

TEST_F(Resume, ADiskThatRefusesLosesNothing) {
  ASSERT_EQ(run_program(finetune("roomy", "all", 3)).status, 0);
  test::Program program(finetune("full", "all", 3));
  ASSERT_TRUE(program.wait_for("Epoch 1 of"));
  program.send(SIGINT);
  ASSERT_EQ(program.wait().status, 130);
  const std::string before = test::read_text(place("full") / "last.h5");

  // No file may grow beyond 10 MB: what a full disk is to a program, with another message.
  const std::string command = "trap '' XFSZ; ulimit -f 20000; exec " TAILOR_PROGRAM
                              " finetune --resume " +
                              place("full").string();
  const Outcome refused = run_program({"-c", command}, {.program = "/bin/sh"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find(
                "/.model.h5.part: expected to write it, got 'File too large' (what was "
                "written before is kept; once that is mended, try tailor finetune --resume " +
                place("full").string() + ")"),
            std::string::npos)
      << refused.err;
  EXPECT_TRUE(test::read_text(place("full") / "last.h5") == before);
  EXPECT_FALSE(fs::exists(place("full") / ".model.h5.part"));

  ASSERT_EQ(resume("full").status, 0);
  expect_equal_runs("roomy", "full");
}

class ResumeSlow : public Resume {};

TEST_F(ResumeSlow, KilledAtRandomMomentsEndsWithTheSameBytes) {
  constexpr int kKills = 20;
  ASSERT_EQ(run_program(finetune("unharmed", "all", 20)).status, 0);
  std::mt19937 random(11);
  std::uniform_int_distribution<int> milliseconds(0, 4000);
  std::vector<std::string> arguments = finetune("killed", "all", 20);
  for (int kill = 0; kill < kKills; ++kill) {
    test::Program program(arguments);
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds(random)));
    program.send(SIGKILL);
    program.wait();
    if (fs::exists(place("killed") / "run.json")) {
      arguments = {"finetune", "--resume", place("killed").string()};
    }
  }
  const Outcome outcome = resume("killed");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  expect_equal_runs("unharmed", "killed");
  for (const auto& entry : fs::directory_iterator(place("killed"))) {
    EXPECT_NE(entry.path().extension(), ".part") << entry.path();
  }
}

}  // namespace
}  // namespace tailor
