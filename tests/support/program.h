// The program as a user runs it: arguments in, exit status and texts out.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace tailor::test {

/// How a program ended.
struct Outcome {
  int status = 0;  ///< exit status; 128 + the signal that killed it
  std::string out;
  std::string err;
};

/// A run of the program. Not waited for at the end of its life, it is killed.
class Program {
 public:
  struct Surroundings {
    std::filesystem::path folder;                  ///< to start in; empty: this process's own
    std::map<std::string, std::string> variables;  ///< of the environment, to change or to add
    std::string program;                           ///< its path; empty: TAILOR_PROGRAM
    std::string out;                               ///< where stdout goes; empty: it is kept
  };

  explicit Program(const std::vector<std::string>& arguments,
                   const Surroundings& surroundings = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Waits until stdout or stderr holds `text`; false when the program ended without it.
  bool wait_for(const std::string& text);
  void send(int signal) const;
  /// Waits for the end.
  Outcome wait();

 private:
  bool has_ended();
  bool has_said(const std::string& text) const;

  TempDir texts_;
  std::filesystem::path out_;
  pid_t pid_ = -1;
  int status_ = -1;
};

/// Runs the program to its end.
Outcome run_program(const std::vector<std::string>& arguments,
                    const Program::Surroundings& surroundings = {});

/// All bytes of a file. Throws std::runtime_error when it cannot be read.
std::string read_text(const std::filesystem::path& path);

}  // namespace tailor::test
