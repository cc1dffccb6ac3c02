#include "verify/report.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/temp_dir.h"

namespace tailor::verify {
namespace {

std::vector<Result> three_results() {
  return {{.op = Op::conv2d,
           .backward = false,
           .device = "cpu",
           .dtype = DType::f32,
           .variant = "onednn",
           .name = "3x3_p1/reals",
           .status = Status::pass,
           .error = 0.25,
           .bound = 0.5},
          {.op = Op::activation_backward,
           .backward = true,
           .device = "cpu",
           .dtype = DType::f32,
           .variant = "naive",
           .name = "edges",
           .status = Status::fail,
           .error = 1,
           .messages = {"dx[3]: expected 1, got 2"}},
          {.op = Op::matmul,
           .backward = false,
           .device = "cpu",
           .dtype = DType::f64,
           .variant = "",
           .name = "1x1x1",
           .status = Status::unsupported}};
}

TEST(Report, table_has_a_line_for_each_result_and_the_reasons) {
  const std::string table = to_table(three_results());
  EXPECT_NE(table.find("conv2d                     forward   cpu          f32   onednn"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("\n    dx[3]: expected 1, got 2\n"), std::string::npos) << table;
  EXPECT_TRUE(table.ends_with("\n1 passed, 1 failed, 1 unsupported\n")) << table;
}

TEST(Report, json) {
  const test::TempDir folder;
  write_json(three_results(), folder / "results.json");
  const auto json = nlohmann::json::parse(std::ifstream(folder / "results.json"));
  ASSERT_EQ(json["results"].size(), 3U);
  EXPECT_EQ(json["results"][0], nlohmann::json({{"op", "conv2d"},
                                                {"direction", "forward"},
                                                {"device", "cpu"},
                                                {"dtype", "f32"},
                                                {"variant", "onednn"},
                                                {"case", "3x3_p1/reals"},
                                                {"status", "pass"},
                                                {"error", 0.25},
                                                {"bound", 0.5}}));
  EXPECT_EQ(json["results"][1]["direction"], "backward");
  EXPECT_EQ(json["results"][2]["status"], "unsupported");
  EXPECT_EQ(json["summary"], nlohmann::json({{"pass", 1}, {"fail", 1}, {"unsupported", 1}}));
}

TEST(Report, file_that_cannot_be_written) {
  const test::TempDir folder;
  const auto file = folder / "missing" / "results.json";
  const std::vector<Result> none;
  try {
    write_json(none, file);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), fmt::format("--json {}: expected a file that can be written, got No "
                                        "such file or directory",
                                        file.string()));
  }
}

}  // namespace
}  // namespace tailor::verify
