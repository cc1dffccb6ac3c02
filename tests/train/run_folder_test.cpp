// The folder in which a run leaves its results.
#include "train/run_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/errors.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace tailor::train {
namespace {

namespace fs = std::filesystem;

TEST(RunFolder, IsMadeAndTakenAwayWhenNothingWasWritten) {
  const test::TempDir scratch;
  {
    RunFolder folder(scratch / "a" / "run", false);
    EXPECT_FALSE(fs::exists(scratch / "a"));
    folder.create();
    EXPECT_TRUE(fs::exists(folder.path()));
  }
  EXPECT_FALSE(fs::exists(scratch / "a" / "run"));
}

TEST(RunFolder, KeepsWhatWasWritten) {
  const test::TempDir scratch;
  {
    RunFolder folder(scratch / "run", false);
    folder.create();
    folder.add_metrics({{"epoch", 1}});
    folder.add_metrics({{"epoch", 2}});
    folder.write_report({{"name", "caf\xE9"}});  // not UTF-8, as names of files may be
  }
  EXPECT_EQ(test::read_text(scratch / "run" / "metrics.jsonl"), "{\"epoch\":1}\n{\"epoch\":2}\n");
  EXPECT_EQ(nlohmann::json::parse(test::read_text(scratch / "run" / "report.json"))["name"],
            "caf\xEF\xBF\xBD");
}

TEST(RunFolder, RefusesToMixResults) {
  const test::TempDir scratch;
  std::ofstream(scratch / "file") << "x";
  EXPECT_EQ(test::error_of([&] { RunFolder(scratch.path(), false); }),
            "--out: expected a new or empty folder, got " + scratch.path().string() +
                " with files in it (try --overwrite)");
  EXPECT_EQ(test::error_of([&] { RunFolder(scratch / "file", true); }),
            "--out: expected a folder, got the file " + (scratch / "file").string());
  EXPECT_NE(test::error_of([&] {
              RunFolder(scratch / "file" / "run", false).create();
            }).find("expected to make this folder"),
            std::string::npos);
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
