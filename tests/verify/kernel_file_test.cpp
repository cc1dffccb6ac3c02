// `tailor verify --kernel FILE.cu`: a file of somebody else is compiled, checked and judged.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/support/devices.h"
#include "tests/support/program.h"

namespace tailor::verify {
namespace {

namespace fs = std::filesystem;

const std::string kSoftmax = [] {  // the one that docs/verify-your-kernel.md explains
  const fs::path samples = fs::path(TAILOR_TEST_DATA) / ".." / ".." / "docs" / "samples";
  std::ifstream file(samples / "softmax.cu");
  return std::string(std::istreambuf_iterator<char>(file), {});
}();

std::string without(std::string text, const std::string& part) {
  return text.erase(text.find(part), part.size());
}

class KernelFile : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() / name) << text;
    return (folder_.path() / name).string();
  }
  /// Started in the folder of the files.
  test::Outcome verify(std::vector<std::string> arguments,
                       std::map<std::string, std::string> variables = {}) const {
    arguments.insert(arguments.begin(), "verify");
    return test::run_program(arguments, {folder_.path(), std::move(variables)});
  }
  /// The device that every build has finds wrong numbers; races only the tracked one.
  static std::string device() {
    return test::reason_without("simt-tracked").empty() ? "simt-tracked" : "simt";
  }

  static fs::path libraries() { return fs::path(plugin_file("cuda")).parent_path(); }
  static bool built_for_gpus() { return fs::exists(libraries() / "libtailor_cuda_runtime.a"); }

  test::TempDir folder_;
};

TEST_F(KernelFile, a_right_kernel_passes_and_is_alone) {
  const std::string file = write("softmax.cu", kSoftmax);
  const auto outcome = verify({"--kernel", file, "--device", device(), "--json", "results.json"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;

  const auto whole = nlohmann::json::parse(std::ifstream(folder_.path() / "results.json"));
  EXPECT_GE(whole.at("results").size(), 7U);
  for (const auto& result : whole.at("results")) {
    EXPECT_EQ(result.at("op"), "softmax");
    EXPECT_EQ(result.at("variant"), "mine");
    EXPECT_EQ(result.at("device"), device());
    EXPECT_EQ(result.at("status"), "pass");
  }
}

TEST_F(KernelFile, a_missing_barrier_is_found_with_its_line) {
  SKIP_WITHOUT("simt-tracked");
  write("softmax.cu", without(kSoftmax, "\n  __syncthreads();"));
  const auto outcome = verify({"--kernel", "softmax.cu"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.out.find("race: softmax_rows: "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("softmax.cu:17"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("softmax.cu:14"), std::string::npos) << outcome.out;
}

TEST_F(KernelFile, wrong_numbers_are_found_on_the_plain_device) {
  write("softmax.cu", without(kSoftmax, " / sums[0]"));
  const auto outcome = verify({"--kernel", "softmax.cu", "--device", "simt"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.out.find("y[0, 0]: expected "), std::string::npos) << outcome.out;
}

TEST_F(KernelFile, any_name_will_do) {
  const std::string name = "-a 'b' $(touch c) \"d\";e.cu";
  write(name, kSoftmax);
  const auto outcome = verify({"--kernel=" + name, "--device", "simt"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_FALSE(fs::exists(folder_.path() / "c"));
}

TEST_F(KernelFile, leaves_nothing_behind) {
  write("softmax.cu", kSoftmax);
  const test::TempDir temp;
  const auto outcome =
      verify({"--kernel", "softmax.cu", "--device", "simt"}, {{"TMPDIR", temp.path().string()}});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(fs::is_empty(temp.path()));
}

TEST_F(KernelFile, no_such_file) {
  const auto outcome = verify({"--kernel", "none.cu"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "error: --kernel none.cu: expected a file, found none\n");
}

TEST_F(KernelFile, does_not_compile) {
  write("broken.cu", "int broken() { return nothing; }\n");
  const auto outcome = verify({"--kernel", "broken.cu", "--device", "simt"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("broken.cu:1:"), std::string::npos) << outcome.err;
  EXPECT_TRUE(outcome.err.ends_with(
      "\nerror: --kernel broken.cu: expected a file that compiles, got the errors above\n"))
      << outcome.err;
}

TEST_F(KernelFile, needs_more_stack_than_a_thread_has) {
  std::string greedy = kSoftmax;
  const std::string line = "  float largest = row[0], sum = 0;\n";
  greedy.insert(greedy.find(line),
                "  float copy[20000];\n"
                "  for (int c = 0; c < columns; ++c) copy[c] = row[c];\n"
                "  row = copy;\n");
  write("greedy.cu", greedy);
  const auto outcome = verify({"--kernel", "greedy.cu", "--device", "simt"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("bytes is larger than 57344 bytes"), std::string::npos) << outcome.err;
}

TEST_F(KernelFile, no_compiler) {
  write("softmax.cu", kSoftmax);
  auto outcome = verify({"--kernel", "softmax.cu"}, {{"TAILOR_CXX", "/nowhere/g++"}});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "error: --kernel: expected a C++ compiler, found none\n");
  outcome =
      verify({"--kernel", "softmax.cu", "--device", "cuda"}, {{"TAILOR_NVCC", "/nowhere/nvcc"}});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "error: --kernel: expected nvcc, found none\n");
}

TEST_F(KernelFile, device_that_was_not_built) {
  if (built_for_gpus()) GTEST_SKIP() << "all were built";
  write("softmax.cu", kSoftmax);
  const auto outcome =
      verify({"--kernel", "softmax.cu", "--device", "cuda"}, {{"TAILOR_NVCC", "/bin/true"}});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.ends_with("\nerror: --device: expected one that was built, got cuda\n"))
      << outcome.err;
}

TEST_F(KernelFile, no_rows) {
  write("empty.cu", "#include \"kernels/cuda/launch.h\"\n");
  const auto outcome = verify({"--kernel", "empty.cu", "--device", "simt"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            "error: --kernel empty.cu: expected TAILOR_KERNEL rows for what was asked, found "
            "none\n");
}

TEST_F(KernelFile, device_without_files) {
  write("softmax.cu", kSoftmax);
  const auto outcome = verify({"--kernel", "softmax.cu", "--device", "cpu"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            "error: --device: expected simt-tracked, simt or cuda with --kernel, got cpu\n");
}

TEST_F(KernelFile, no_such_operation) {
  write("softmax.cu", kSoftmax);
  const auto outcome = verify({"--kernel", "softmax.cu", "--op", "relu7"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            "error: --op: expected an operation of kernels/api/operations.def, got relu7\n");
}

TEST_F(KernelFile, folder_that_cannot_be_written) {
  write("softmax.cu", kSoftmax);
  const auto outcome = verify({"--kernel", "softmax.cu"}, {{"TMPDIR", "/proc"}});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.starts_with("error: /proc: expected a folder that can be written, got "))
      << outcome.err;
}

TEST_F(KernelFile, compiles_for_a_gpu) {
  if (!built_for_gpus()) GTEST_SKIP() << "built without nvcc";
  const std::string file = write("softmax.cu", kSoftmax), plugin = folder_.path() / "softmax.so";
  const std::string script = libraries() / "tailor" / "compile_kernel";
  const std::string command = fmt::format("'{}' cuda '{}' '{}' -arch=sm_90", script, file, plugin);
  EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_TRUE(fs::exists(plugin));
}

}  // namespace
}  // namespace tailor::verify
