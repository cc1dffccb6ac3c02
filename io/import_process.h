// tailor-import at work on one file: libhdf5 can crash on damaged files, and then does so there.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "io/hdf5_source.h"

namespace tailor::io {

class ImportProcess {
 public:
  /// Starts the program on a file. name: for messages. patience: for how long an answer is waited
  /// for; the limit on computing does not count a program that sleeps.
  ImportProcess(const Hdf5Source& source, std::string name,
                std::chrono::microseconds patience = std::chrono::minutes(10));
  ~ImportProcess();
  ImportProcess(const ImportProcess&) = delete;
  ImportProcess& operator=(const ImportProcess&) = delete;

  /// The answer to a request; io/import_program/main.cpp lists them. Throws Error with what the
  /// program found wrong with the file, or how the file ended the program.
  nlohmann::json ask(const nlohmann::json& request);

  /// The numbers of a data set, of which the program must send as many bytes as `out` has.
  void read(const std::string& dataset, std::span<std::byte> out);

 private:
  [[noreturn]] void throw_ending();
  /// Returns how it ended.
  int end();

  std::string name_;
  FileDescriptor socket_;
  FileDescriptor shared_;  ///< memory in which the program leaves numbers
  pid_t pid_ = -1;
};

}  // namespace tailor::io
