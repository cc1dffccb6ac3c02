// The folder in which a run leaves its results.
#include "train/run_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "kernels/api/version.h"
#include "tests/support/errors.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace tailor::train {
namespace {

namespace fs = std::filesystem;

const nlohmann::json kRun = {{"tailor", version()}, {"options", nlohmann::json::object()}};

void start(RunFolder& folder) { folder.open(kRun, 0); }

/// A run of one epoch.
void leave_run(const fs::path& path) {
  RunFolder folder(path, RunStart::fresh);
  start(folder);
  folder.add_metrics(1, {{"epoch", 1}});
}

TEST(RunFolder, IsMadeAndTakenAwayWhenNothingWasWritten) {
  const test::TempDir scratch;
  {
    RunFolder folder(scratch / "a" / "run", RunStart::fresh);
    EXPECT_FALSE(fs::exists(scratch / "a"));
    start(folder);
    EXPECT_TRUE(fs::exists(folder.path() / "run.json"));
  }
  EXPECT_FALSE(fs::exists(scratch / "a"));
}

TEST(RunFolder, KeepsWhatWasWritten) {
  const test::TempDir scratch;
  {
    RunFolder folder(scratch / "run", RunStart::fresh);
    start(folder);
    folder.add_metrics(1, {{"epoch", 1}});
    folder.add_metrics(2, {{"epoch", 2}});
    folder.write_report({{"name", "caf\xE9"}});  // not UTF-8, as names of files may be
  }
  EXPECT_EQ(test::read_text(scratch / "run" / "metrics.jsonl"), "{\"epoch\":1}\n{\"epoch\":2}\n");
  EXPECT_EQ(nlohmann::json::parse(test::read_text(scratch / "run" / "report.json"))["name"],
            "caf\xEF\xBF\xBD");
  EXPECT_EQ(read_run(scratch / "run"), kRun);
}

TEST(RunFolder, GoesOnWhereTheRunWasInterrupted) {
  const test::TempDir scratch;
  {
    RunFolder folder(scratch / "run", RunStart::fresh);
    start(folder);
    for (int epoch = 1; epoch <= 3; ++epoch) folder.add_metrics(epoch, {{"epoch", epoch}});
  }
  std::ofstream(scratch / "run" / "metrics.jsonl", std::ios::app) << "{\"epo";  // a power cut
  {
    RunFolder folder(scratch / "run", RunStart::resume);
    start(folder);
    EXPECT_EQ(folder.metrics().size(), 3U);
    folder.add_metrics(3, {{"epoch", 3}, {"again", true}});
  }
  EXPECT_EQ(test::read_text(scratch / "run" / "metrics.jsonl"),
            "{\"epoch\":1}\n{\"epoch\":2}\n{\"again\":true,\"epoch\":3}\n");
  { const RunFolder folder(scratch / "run", RunStart::resume); }
  EXPECT_TRUE(fs::exists(scratch / "run" / "run.json")) << "an interrupted run is never taken away";
}

TEST(RunFolder, OverwritingLeavesNothingOfTheEarlierRun) {
  const test::TempDir scratch;
  leave_run(scratch / "run");
  RunFolder folder(scratch / "run", RunStart::overwrite);
  start(folder);
  EXPECT_TRUE(folder.metrics().empty());
  EXPECT_FALSE(fs::exists(scratch / "run" / "metrics.jsonl"));
}

TEST(RunFolder, OverwrittenResultsComeBackWhenThereAreNoNewOnes) {
  const test::TempDir scratch;
  leave_run(scratch / "run");
  const std::string before = test::read_text(scratch / "run" / "run.json");
  nlohmann::json other = kRun;
  other["options"]["lr"] = 1;
  {
    RunFolder folder(scratch / "run", RunStart::overwrite);
    EXPECT_NE(test::error_of([&] { folder.open(other, 1'000'000'000'000'000); }), "no error");
  }
  EXPECT_TRUE(fs::exists(scratch / "run" / "metrics.jsonl")) << "no room";
  {
    RunFolder folder(scratch / "run", RunStart::overwrite);
    folder.open(other, 0);
  }
  EXPECT_TRUE(fs::exists(scratch / "run" / "metrics.jsonl")) << "nothing was trained";
  EXPECT_EQ(test::read_text(scratch / "run" / "run.json"), before);
  {
    RunFolder folder(scratch / "run", RunStart::overwrite);
    folder.open(other, 0);
    folder.add_metrics(1, {{"epoch", 1}, {"new", true}});
  }
  EXPECT_EQ(test::read_text(scratch / "run" / "metrics.jsonl"), "{\"epoch\":1,\"new\":true}\n");
  EXPECT_FALSE(fs::exists(scratch / "run" / "metrics.jsonl.earlier"));
  EXPECT_FALSE(fs::exists(scratch / "run" / "run.json.earlier"));
}

TEST(RunFolder, ARunKilledBeforeItHadResultsIsNotTheEarlierOne) {
  const test::TempDir scratch;
  leave_run(scratch / "run");
  // What two overwriting runs leave that are killed at once.
  for (const char* name : {"metrics.jsonl", "run.json"}) {
    fs::rename(scratch / "run" / name, scratch / "run" / (std::string(name) + ".earlier"));
  }
  std::ofstream(scratch / "run" / "run.json") << "{}";
  {
    RunFolder folder(scratch / "run", RunStart::overwrite);
    start(folder);
  }
  EXPECT_EQ(test::read_text(scratch / "run" / "metrics.jsonl"), "{\"epoch\":1}\n");
}

TEST(RunFolder, AnotherRunThatWasFasterIsNotMixedWith) {
  const test::TempDir scratch;
  RunFolder slow(scratch / "run", RunStart::fresh);  // and now it reads photos
  leave_run(scratch / "run");
  EXPECT_NE(test::error_of([&] { start(slow); }).find("expected a new or empty folder"),
            std::string::npos);
  EXPECT_TRUE(fs::exists(scratch / "run" / "metrics.jsonl"));
}

TEST(RunFolder, MetricsThatMakeNoSenseAreLeftOut) {
  const test::TempDir scratch;
  std::ofstream(scratch / "run.json") << kRun;
  std::ofstream(scratch / "metrics.jsonl") << "{\"epoch\":1}\n{\"epoch\":3}\n{\"epoch\":3}\n";
  RunFolder folder(scratch.path(), RunStart::resume);
  start(folder);
  EXPECT_EQ(folder.metrics().size(), 1U);
  std::ofstream(scratch / "metrics.jsonl") << "3\n";
  RunFolder other(scratch.path(), RunStart::resume);
  EXPECT_TRUE(other.metrics().empty());
}

TEST(RunFolder, RefusesToMixResults) {
  const test::TempDir scratch;
  std::ofstream(scratch / "file") << "x";
  EXPECT_EQ(test::error_of([&] { RunFolder(scratch.path(), RunStart::fresh); }),
            "--out: expected a new or empty folder, got " + scratch.path().string() +
                " with files in it (try --overwrite)");
  EXPECT_EQ(test::error_of([&] { RunFolder(scratch / "file", RunStart::overwrite); }),
            "--out: expected a folder, got the file " + (scratch / "file").string());
  EXPECT_NE(test::error_of([&] {
              RunFolder folder(scratch / "file" / "run", RunStart::fresh);
              start(folder);
            }).find("expected to make this folder"),
            std::string::npos);
}

TEST(RunFolder, OneProcessAtATime) {
  const test::TempDir scratch;
  RunFolder first(scratch / "run", RunStart::fresh);
  start(first);
  EXPECT_EQ(test::error_of([&] {
              RunFolder second(scratch / "run", RunStart::resume);
              start(second);
            }),
            (scratch / "run").string() +
                ": expected a run that nobody works on, got one that another process has open");
}

TEST(RunFolder, WithoutRoomNothingBegins) {
  const test::TempDir scratch;
  RunFolder folder(scratch / "run", RunStart::fresh);
  EXPECT_NE(test::error_of([&] {
              folder.open(kRun, 1'000'000'000'000'000);
            }).find("run: expected 1000000000 MB free for the model and its checkpoints, got "),
            std::string::npos);
}

TEST(RunFolder, OnlyARunOfThisVersionCanBeResumed) {
  const test::TempDir scratch;
  const std::string folder = scratch.path().string();
  EXPECT_EQ(test::error_of([&] { read_run(scratch.path()); }),
            "--resume: expected the folder of a run, got " + folder + " without a run.json");
  std::ofstream(scratch / "run.json") << "{\"tail";
  EXPECT_EQ(test::error_of([&] { read_run(scratch.path()); }),
            folder + "/run.json: expected what a run was asked for, got a damaged file");
  std::ofstream(scratch / "run.json") << R"({"tailor": "0.0.1"})";
  EXPECT_EQ(test::error_of([&] { read_run(scratch.path()); }),
            fmt::format("--resume: expected a run of Tailor {}, got one of 0.0.1", version()));
}

TEST(RunFolder, IsNamedAfterTheData) {
  const test::TempDir scratch;
  const fs::path before = fs::current_path();
  fs::current_path(scratch.path());
  EXPECT_EQ(new_run_folder("photos/shop"), "runs/shop");
  EXPECT_EQ(new_run_folder("photos/shop/"), "runs/shop");
  EXPECT_EQ(new_run_folder("."), fs::path("runs") / scratch.path().filename());
  EXPECT_EQ(new_run_folder("/"), "runs/run");
  fs::create_directories("runs/shop");
  EXPECT_EQ(new_run_folder("shop"), "runs/shop") << "still empty";
  std::ofstream("runs/shop/model.h5") << "x";
  EXPECT_EQ(new_run_folder("shop"), "runs/shop-2");
  fs::current_path(before);
}

}  // namespace
}  // namespace tailor::train
