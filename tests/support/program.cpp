#include "tests/support/program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace tailor::test {
namespace {

/// In the child: becomes the program, with its texts going to files. Never returns.
[[noreturn]] void become_program(std::vector<char*> argv, const Program::Surroundings& surroundings,
                                 const std::string& out, const std::string& err) {
  const auto redirect = [](const std::string& path, int target) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || dup2(fd, target) < 0) _exit(126);
  };
  redirect(out, STDOUT_FILENO);
  redirect(err, STDERR_FILENO);
  if (!surroundings.folder.empty() && chdir(surroundings.folder.c_str()) != 0) _exit(126);
  for (const auto& [name, value] : surroundings.variables) {
    setenv(name.c_str(), value.c_str(), 1);
  }
  execv(argv.front(), argv.data());
  _exit(127);
}

}  // namespace

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Program::Program(const std::vector<std::string>& arguments, const Surroundings& surroundings)
    : out_(surroundings.out.empty() ? texts_ / "out" : std::filesystem::path(surroundings.out)) {
  std::vector<std::string> words = {surroundings.program.empty() ? TAILOR_PROGRAM
                                                                 : surroundings.program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string err = (texts_ / "err").string();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("cannot start the program");
  if (pid_ == 0) become_program(argv, surroundings, out_.string(), err);
}

Program::~Program() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, &status_, 0);
}

bool Program::has_ended() {
  if (pid_ >= 0 && waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
  return pid_ < 0;
}

bool Program::has_said(const std::string& text) const {
  for (const auto& file : {out_, texts_ / "err"}) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file, ignored) &&
        read_text(file).find(text) != std::string::npos) {
      return true;
    }
  }
  return false;
}

bool Program::wait_for(const std::string& text) {
  for (;;) {
    const bool ended = has_ended();
    if (has_said(text)) return true;
    if (ended) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void Program::send(int signal) const {
  if (pid_ >= 0) kill(pid_, signal);
}

Outcome Program::wait() {
  if (pid_ >= 0) waitpid(pid_, &status_, 0);
  pid_ = -1;
  const int status = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  const bool kept = std::filesystem::is_regular_file(out_);
  return {status, kept ? read_text(out_) : "", read_text(texts_ / "err")};
}

Outcome run_program(const std::vector<std::string>& arguments,
                    const Program::Surroundings& surroundings) {
  return Program(arguments, surroundings).wait();
}

}  // namespace tailor::test
