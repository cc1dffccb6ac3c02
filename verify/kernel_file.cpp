#include "verify/kernel_file.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "kernels/api/plugin.h"

extern char** environ;

namespace tailor::verify {
namespace {

namespace fs = std::filesystem;

/// A new folder that goes with its owner.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "tailor-kernel-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw Error("{}: expected a folder that can be written, got {}",
                  fs::temp_directory_path().string(), std::generic_category().message(errno));
    }
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Runs a program to its end, with our stdout and stderr. Returns its exit status, 126 when a
/// signal ended it.
int run_program(std::vector<std::string> arguments) {
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  pid_t child = 0;
  if (const int error = posix_spawn(&child, words[0], nullptr, nullptr, words.data(), environ);
      error != 0) {
    throw Error("{}: cannot be run: {}", words[0], std::generic_category().message(error));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  constexpr int kSignalled = 126;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled;
}

void compile(const fs::path& file, const std::string& device, const fs::path& plugin) {
  const fs::path script = fs::path(plugin_file(device)).parent_path() / "tailor" / "compile_kernel";
  if (!fs::exists(script)) {
    throw Error("--kernel: expected {}, found none (is this build installed whole?)",
                script.string());
  }
  const fs::path source = file.is_absolute() ? file : "." / file;  // never taken for an option
  const int status = run_program({script.string(), device, source.string(), plugin.string()});
  constexpr int kNoCompiler = 127;
  if (status == kNoCompiler) {
    throw Error("--kernel: expected {}, found none", device == "cuda" ? "nvcc" : "a C++ compiler");
  }
  if (status == 0) return;
  fs::path runtime = plugin_file(device);
  runtime.replace_extension().concat("_runtime.a");
  if (!fs::exists(runtime)) throw Error("--device: expected one that was built, got {}", device);
  throw Error("--kernel {}: expected a file that compiles, got the errors above", file.string());
}

}  // namespace

std::vector<Result> run_kernel_file(const fs::path& file, const Options& options) {
  const std::string device = options.device == "auto" ? "simt-tracked" : options.device;
  if (device != "simt-tracked" && device != "simt" && device != "cuda") {
    throw UsageError("--device: expected simt-tracked, simt or cuda with --kernel, got {}",
                     options.device);
  }
  if (!options.op.empty()) check_operation(options.op, "--op");
  if (!fs::is_regular_file(file)) {
    throw UsageError("--kernel {}: expected a file, found none", file.string());
  }
  const TempFolder folder;  // until the end: findings are told by the lines that the plug-in knows
  const fs::path plugin = folder.path() / "libkernel.so";
  compile(file, device, plugin);

  // Without the rows of cuDNN and cuBLASLt.
  const auto backend = open_plugin(plugin.string(), {.products = Products::handwritten});
  std::vector<Result> results = run_cases(*backend, cases(), options);
  std::erase_if(results, [](const Result& result) { return result.variant.empty(); });
  if (results.empty()) {
    throw Error("--kernel {}: expected TAILOR_KERNEL rows for what was asked, found none",
                file.string());
  }
  return results;
}

}  // namespace tailor::verify
