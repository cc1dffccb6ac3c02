// scripts/gpu-pack and scripts/gpu-check, as far as a machine without a GPU can tell.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/api/plugin.h"
#include "tests/support/program.h"

namespace tailor {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::Outcome;

const fs::path kScripts = fs::path(TAILOR_TEST_DATA) / ".." / ".." / "scripts";

/// Runs a command from the root folder, with nothing in its environment but PATH.
Outcome run_bare(const std::string& path, const std::vector<std::string>& command) {
  std::vector<std::string> arguments = {"-i", "PATH=" + path};
  arguments.insert(arguments.end(), command.begin(), command.end());
  return test::run_program(arguments, {.folder = "/", .program = "/usr/bin/env"});
}

/// A folder as gpu-pack makes it, of a program that answers what a test wants; and a machine that
/// says it had a GPU.
class GpuCheck : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(scratch_ / "scripts");
    fs::copy_file(kScripts / "gpu-check", scratch_ / "scripts/gpu-check");
    write_script("machine/nvidia-smi", "echo NVIDIA Abacus, 1.2");
  }

  void write_script(const std::string& name, const std::string& text) {
    fs::create_directories((scratch_ / name).parent_path());
    std::ofstream(scratch_ / name) << "#!/bin/bash\n" << text << "\n";
    fs::permissions(scratch_ / name, fs::perms::owner_all);
  }
  /// The program: its last argument is the file that it writes.
  void answer(const std::string& text) {
    write_script("bin/tailor", "cat >\"${!#}\" <<END\n" + text + "\nEND");
  }

  Outcome run(const std::vector<std::string>& arguments) const {
    return run_on((scratch_ / "machine").string() + ":/usr/bin:/bin", arguments);
  }
  Outcome run_on(const std::string& path, const std::vector<std::string>& arguments) const {
    std::vector<std::string> command = {"/usr/bin/python3",
                                        (scratch_ / "scripts/gpu-check").string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_bare(path, command);
  }
  Outcome run_stage(const std::string& stage) const { return run({stage, results_.string()}); }
  json result_of(const std::string& stage) const {
    return json::parse(test::read_text(results_ / (stage + ".json")));
  }

  test::TempDir scratch_;
  fs::path results_ = scratch_ / "results";
};

TEST_F(GpuCheck, refuses_without_a_gpu_and_writes_nothing) {
  for (const char* stage : {"tests", "verify", "sanitizer", "bench", "finetune", "all"}) {
    const Outcome outcome = run_on("/nowhere", {stage, results_.string()});
    EXPECT_EQ(outcome.status, 3) << stage;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "error: gpu-check: expected a GPU, got none that nvidia-smi knows\n");
    EXPECT_FALSE(fs::exists(results_));
  }
}

TEST_F(GpuCheck, refuses_a_stage_or_a_folder_that_does_not_exist) {
  EXPECT_EQ(run({"abacus"}).err,
            "error: gpu-check: expected tests, verify, sanitizer, bench, finetune or all, and a "
            "folder, got abacus\n");
  const Outcome outcome = run({"verify"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            "error: gpu-check: expected a build, got none (scripts/gpu-pack makes one)\n");
}

TEST_F(GpuCheck, verify_counts_by_row) {
  answer(R"({"results": [
      {"op": "add", "variant": "naive", "dtype": "f32", "status": "pass"},
      {"op": "add", "variant": "naive", "dtype": "f32", "status": "unsupported"}]})");
  EXPECT_EQ(run_stage("verify").status, 0);
  const json result = result_of("verify");
  EXPECT_EQ(result["card"], "NVIDIA Abacus");
  EXPECT_EQ(result["driver"], "1.2");
  EXPECT_EQ(result["failed"], 0);
  EXPECT_EQ(result["rows"], (json{{"add/naive f32", {{"pass", 1}, {"unsupported", 1}}}}));
}

TEST_F(GpuCheck, verify_fails_when_two_runs_differ_or_a_case_fails) {
  answer(R"({"results": [
      {"op": "add", "variant": "naive", "dtype": "f32", "status": "fail", "error": $$}]})");
  EXPECT_EQ(run_stage("verify").status, 1);
  const json result = result_of("verify");
  ASSERT_EQ(result["failed"], 2);
  EXPECT_EQ(result["failures"][0], "expected the same results from two runs, got others");
  EXPECT_NE(std::string(result["failures"][1]).find(R"("status": "fail")"), std::string::npos);
}

TEST_F(GpuCheck, verify_says_why_the_program_failed) {
  write_script("bin/tailor", "echo error: no driver >&2; exit 1");
  const Outcome outcome = run_stage("verify");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(result_of("verify")["failures"], json{"verify: error: no driver"});
}

TEST_F(GpuCheck, a_skipped_test_has_failed) {
  answer("");
  write_script("bin/test_it", R"(cat >"${2#--gtest_output=json:}" <<END
{"testsuites": [{"name": "It", "testsuite": [
  {"name": "is/cuda", "result": "COMPLETED"}, {"name": "was/cuda", "result": "SKIPPED"}]}]}
END)");
  EXPECT_EQ(run_stage("tests").status, 1);
  EXPECT_EQ(result_of("tests")["passed"], 2) << "the other one: that there were any";
  EXPECT_EQ(result_of("tests")["failures"], json{"It.was/cuda: skipped"});
}

TEST_F(GpuCheck, a_refused_sanitizer_is_recorded_and_a_finding_fails) {
  answer("");
  write_script("machine/compute-sanitizer", R"(case "$2" in
  memcheck) echo "========= ERROR SUMMARY: 0 errors" ;;
  racecheck) echo "========= ERROR SUMMARY: 2 errors"; exit 9 ;;
  *) echo "========= Error: Device not supported"; exit 1 ;;
esac)");
  EXPECT_EQ(run_stage("sanitizer").status, 1);
  const json result = result_of("sanitizer");
  EXPECT_EQ(result["passed"], 6);
  EXPECT_EQ(result["failed"], 6);
  EXPECT_EQ(result["refused"], 12);
  EXPECT_EQ(result["runs"].back()["said"], json{"========= Error: Device not supported"});
}

TEST_F(GpuCheck, bench_gives_shares_of_the_copy_and_of_the_library) {
  answer(R"([{"name": "copy 512 MB", "unit": "GB/s", "median": 4000, "precision": "f32"},
             {"name": "add/vector [1]", "unit": "GB/s", "median": 3000, "precision": "f32"},
             {"name": "matmul/tiled 1x2x3", "unit": "GFLOP/s", "median": 10, "precision": "f32"},
             {"name": "matmul/cublaslt 1x2x3", "unit": "GFLOP/s", "median": 40,
              "precision": "f32"}])");
  EXPECT_EQ(run_stage("bench").status, 0);
  const json figures = result_of("bench")["figures"];
  ASSERT_EQ(figures.size(), 8U) << "f32 and bf16";
  EXPECT_FALSE(figures[0].contains("share"));
  EXPECT_EQ(figures[1]["share"], 0.75);
  EXPECT_EQ(figures[2]["of"], "matmul/cublaslt 1x2x3");
  EXPECT_EQ(figures[2]["share"], 0.25);
}

TEST_F(GpuCheck, finetune_compares_bytes_and_accuracies) {
  fs::create_directories(scratch_ / "pictures");
  write_script("bin/tailor", R"(out=${!#}
mkdir "$out" && echo "$out" >"$out/model.h5" && echo same >"$out/last.h5"
accuracy=0.75
[[ $* != *cpu* ]] || accuracy=0.5
echo '{"validation": {"accuracy": '$accuracy'}, "epochs": []}' >"$out/report.json")");
  EXPECT_EQ(run_stage("finetune").status, 1);
  EXPECT_EQ(result_of("finetune")["failures"],
            (json{"model.h5: expected the same bytes from two runs on cuda, got others",
                  "accuracy: expected cuda's within 5% of the cpu's, got 25.0% between them"}));
}

TEST(GpuPackSlow, runs_elsewhere_without_its_build) {
  if (!fs::exists(plugin_file("cuda"))) GTEST_SKIP() << "built without nvcc";
  const test::TempDir scratch;
  const std::string archive = (scratch / "pack.tar.gz").string();
  const std::string build = fs::path(TAILOR_PROGRAM).parent_path().parent_path().string();
  const Outcome packed =
      test::run_program({"--build", build, archive}, {.program = (kScripts / "gpu-pack").string()});
  ASSERT_EQ(packed.status, 0) << packed.err;
  EXPECT_NE(packed.out.find("libtailor_cuda.so"), std::string::npos) << packed.out;
  const std::string path = "/usr/bin:/bin";
  const Outcome unpacked = run_bare(path, {"tar", "-xzf", archive, "-C", scratch.path().string()});
  ASSERT_EQ(unpacked.status, 0) << unpacked.err;

  const fs::path pack = fs::canonical(scratch.path()) / "tailor-gpu";
  const std::string program = (pack / "bin/tailor").string();
  EXPECT_EQ(run_bare("/nowhere", {program, "--version"}).out, test::run_program({"--version"}).out);
  const Outcome verified =
      run_bare("/nowhere", {program, "verify", "--device", "simt", "--op", "sgd"});
  EXPECT_EQ(verified.status, 0) << verified.err;
  const Outcome libraries = run_bare(path, {"ldd", program});
  for (const char* name : {"libtailor.so.0.1", "libdnnl.so.2", "libstdc++.so.6"}) {
    const std::string there = fmt::format("{} => {}", name, (pack / "bin/../lib" / name).string());
    EXPECT_NE(libraries.out.find(there), std::string::npos) << libraries.out;
  }
  EXPECT_TRUE(fs::exists(pack / "bin/test_verify")) << "it has tests of the device cuda";
  EXPECT_FALSE(fs::exists(pack / "bin/test_io")) << "it has none";
  EXPECT_TRUE(fs::exists(pack / "pictures/train-images-idx3-ubyte.gz"));
}

TEST(GpuPack, refuses_a_build_without_the_device) {
  const test::TempDir folder;
  const Outcome outcome = test::run_program({"--build", folder.path().string()},
                                            {.program = (kScripts / "gpu-pack").string()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.ends_with(
      "lib/libtailor_cuda.so: expected the device cuda, got none (is nvcc installed?)\n"))
      << outcome.err;
}

}  // namespace
}  // namespace tailor
