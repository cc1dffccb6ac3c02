// `tailor verify --planted`: every kernel with a known bug is caught, and a right one is not.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/devices.h"
#include "tests/support/errors.h"
#include "tests/support/program.h"
#include "verify/planted.h"

namespace tailor::verify {
namespace {

class PlantedBugs : public testing::Test {
 protected:
  void SetUp() override { SKIP_WITHOUT("simt-tracked"); }
};

TEST_F(PlantedBugs, each_is_caught_and_named) {
  const test::TempDir folder;
  const auto file = folder.path() / "planted.json";
  const auto outcome = test::run_program({"verify", "--planted", "--json", file.string()});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;

  const auto bugs = nlohmann::json::parse(std::ifstream(file)).at("bugs");
  ASSERT_EQ(bugs.size(), planted_bugs().size());
  for (size_t i = 0; i < bugs.size(); ++i) {
    const Bug& bug = planted_bugs()[i];
    EXPECT_EQ(bugs[i].at("name"), bug.name);
    EXPECT_EQ(bugs[i].at("expected"), bug.expected);
    EXPECT_EQ(bugs[i].at("caught"), true) << bugs[i];
    EXPECT_NE(outcome.out.find(bug.name), std::string::npos);
    // Wrong arithmetic is seen by its numbers alone.
    if (bug.expected == "wrong numbers") {
      EXPECT_EQ(bugs[i].at("found"), bug.expected) << bugs[i];
    }
  }
  EXPECT_NE(outcome.out.find(fmt::format("{0} of {0} bugs caught", bugs.size())),
            std::string::npos);
}

TEST_F(PlantedBugs, are_the_rows_of_their_device) {
  std::set<std::pair<Op, std::string>> listed, rows;
  for (const Bug& bug : planted_bugs()) listed.emplace(bug.op, bug.name);
  EXPECT_EQ(listed.size(), planted_bugs().size());
  const auto backend = open_plugin(plugin_file("simt-tracked-planted"), {});
  for (size_t op = 0; op < static_cast<size_t>(Op::kCount); ++op) {
    for (const DType dtype : {DType::f32, DType::bf16}) {
      for (const auto name : backend->variants(static_cast<Op>(op), dtype)) {
        rows.emplace(static_cast<Op>(op), name);
      }
    }
  }
  EXPECT_EQ(listed, rows);
}

TEST_F(PlantedBugs, a_right_kernel_is_not_caught) {
  const auto backend = open_backend("simt-tracked");
  for (const std::string_view expected : {"race", "wrong numbers", "thread order"}) {
    const Verdict verdict = look_for({"naive", Op::softmax, expected}, *backend);
    EXPECT_FALSE(verdict.caught);
    EXPECT_TRUE(verdict.found.empty()) << verdict.message;
    EXPECT_NE(to_table({verdict}).find("0 of 1 bugs caught"), std::string::npos);
  }
}

TEST_F(PlantedBugs, one_that_fails_otherwise_than_expected_is_not_caught) {
  const auto backend = open_plugin(plugin_file("simt-tracked-planted"), {});
  const Verdict verdict = look_for({"missing_epsilon", Op::batch_norm_frozen, "race"}, *backend);
  EXPECT_FALSE(verdict.caught);
  EXPECT_EQ(verdict.found, std::vector<std::string>{"wrong numbers"});
}

TEST(PlantedBugList, has_each_kind_of_finding) {
  std::map<std::string_view, int> count;
  for (const Bug& bug : planted_bugs()) ++count[bug.expected];
  for (const std::string_view kind :
       {"out of bounds", "uninitialised", "misaligned", "race", "barrier", "lane mask",
        "wrong numbers", "input changed", "thread order", "error"}) {
    EXPECT_GT(count[kind], 0) << kind;
  }
}

TEST(PlantedBugList, kinds_of_messages) {
  EXPECT_EQ(kind_of("race: softmax.cu:5, block 0: reads x[3]: written by"), "race");
  EXPECT_EQ(kind_of("shuffled threads: lane mask: softmax.cu:5"), "lane mask");
  EXPECT_EQ(kind_of("y[1, 2]: expected 1, got 2, off by 1 where 0 is allowed"), "wrong numbers");
  EXPECT_EQ(kind_of("y: and 7 more"), "wrong numbers");
  EXPECT_EQ(kind_of("descending threads: y: and 7 more"), "wrong numbers");
  EXPECT_EQ(kind_of("y: not what it is with ascending threads"), "thread order");
  EXPECT_EQ(kind_of("x: an input was changed"), "input changed");
  EXPECT_EQ(kind_of("y: written to beyond its end"), "written outside");
  EXPECT_EQ(kind_of("threw \"launch: failed: invalid\""), "error");
  EXPECT_EQ(kind_of("expected the error \"labels: ...\", got none"), "error");
}

TEST(PlantedBugList, is_of_simt_tracked) {
  const auto outcome = test::run_program({"verify", "--planted", "--device", "reference"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "error: --device: expected simt-tracked with --planted, got reference\n");
  EXPECT_EQ(test::run_program({"verify", "--planted", "--op", "softmax"}).status, 2);
}

}  // namespace
}  // namespace tailor::verify
