// `tailor bench`: figures of every variant. How good they are is for bench/, not for tests.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/photos.h"
#include "tests/support/program.h"

namespace tailor {
namespace {

using nlohmann::json;

/// Runs `bench kernels` on one photo, once, and returns its lines by their names.
std::map<std::string, json> bench_kernels(std::vector<std::string> options) {
  const test::TempDir folder;
  const auto file = folder.path() / "bench.json";
  std::vector<std::string> arguments = {"bench",  "kernels", "--batch", "1",
                                        "--runs", "1",       "--json",  file.string()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const auto outcome = test::run_program(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::map<std::string, json> figures;
  for (const json& figure : json::parse(std::ifstream(file))) {
    EXPECT_GT(figure.at("median"), 0) << figure;
    figures[figure.at("name")] = figure;
  }
  return figures;
}

TEST(BenchSlow, measures_each_variant) {
  const auto figures = bench_kernels({"--device", "simt", "--op", "softmax"});
  EXPECT_TRUE(figures.contains("softmax/naive [256, 1000]"));
  EXPECT_TRUE(figures.contains("softmax/block [256, 1000]"));
  EXPECT_TRUE(figures.contains("softmax/warp [256, 1000]"));
  EXPECT_FALSE(figures.contains("matmul/naive 1x2048x1000"));
}

TEST(BenchSlow, measures_every_operation_beside_the_devices_own_copy) {
  const auto figures = bench_kernels({"--device", "cpu"});
  for (const char* name :
       {"copy 128 MB", "activation_backward/vector [1, 56, 56, 256]",
        "batch_norm_backward/vector [1, 56, 56, 256]", "max_pool2d/vector 3x3/2 [1, 112, 112, 64]",
        "softmax/loop [256, 1000]", "sgd/vector [25000000]", "adam/vector [25000000]"}) {
    ASSERT_TRUE(figures.contains(name)) << name;
    EXPECT_EQ(figures.at(name)["unit"], "GB/s") << name;
    EXPECT_EQ(figures.at(name)["precision"], "f32") << name;
  }
  EXPECT_EQ(figures.at("matmul/onednn 1x2048x1000")["unit"], "GFLOP/s");
}

TEST(Bench, measures_one_operation_and_its_gradients) {
  std::vector<std::string> names;
  for (const auto& [name, figure] : bench_kernels({"--device", "cpu", "--op", "activation"})) {
    names.push_back(name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"activation/vector [1, 56, 56, 256]",
                                             "activation_backward/vector [1, 56, 56, 256]",
                                             "copy 128 MB"}));
}

TEST(Bench, measures_reading_photos) {
  const test::TempDir folder;
  test::write_shapes(folder / "shapes", 0, 4);
  const auto file = folder / "bench.json";
  const auto outcome =
      test::run_program({"bench", "loader", "--data", (folder / "shapes").string(), "--augment",
                         "standard", "--runs", "1", "--json", file.string()});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json figures = json::parse(std::ifstream(file));
  ASSERT_EQ(figures.size(), 1U);
  EXPECT_EQ(figures[0]["name"], "loader/standard");
  EXPECT_EQ(figures[0]["unit"], "images/s");
  EXPECT_GT(figures[0]["median"], 0);
}

TEST(BenchSlow, measures_bf16_where_it_is_asked_for) {
  const auto figures =
      bench_kernels({"--device", "simt", "--op", "softmax", "--precision", "bf16"});
  EXPECT_EQ(figures.at("softmax/warp [256, 1000]")["precision"], "bf16");
}

TEST(Bench, refuses_what_it_does_not_know) {
  const auto refused = [](const std::vector<std::string>& arguments) {
    const auto outcome = test::run_program(arguments);
    EXPECT_NE(outcome.status, 0);
    return outcome.err;
  };
  EXPECT_EQ(refused({"bench", "kernels", "--op", "abacus"}),
            "error: --op: expected an operation of kernels/api/operations.def, got abacus\n");
  EXPECT_EQ(refused({"bench", "forward", "--op", "conv2d"}),
            "error: --op: expected bench kernels with it, got bench forward\n");
  EXPECT_EQ(refused({"bench", "loader"}),
            "error: --data: expected a data set for bench loader, got none\n");
  EXPECT_EQ(refused({"bench", "forward", "--data", "photos"}),
            "error: --data: expected a data set for bench loader, got bench forward\n");
  EXPECT_EQ(refused({"bench", "kernels", "--device", "cpu", "--precision", "bf16"}),
            "error: uniform: not supported on device cpu (dtype bf16)\n");
}

}  // namespace
}  // namespace tailor
