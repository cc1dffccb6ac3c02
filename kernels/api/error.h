// The errors a user can meet. Each is one line: WHAT: expected ..., got ..., and a hint.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace tailor {

/// Anything that stops the work: a bad file, a shape that does not fit, a full disk.
class Error : public std::runtime_error {
 public:
  template <class... Args>
  explicit Error(fmt::format_string<Args...> format, Args&&... args)
      : std::runtime_error(fmt::format(format, std::forward<Args>(args)...)) {}
};

/// A command line that cannot be meant; the program exits with 2 instead of 1.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// The device has no kernel for this operation and these parameters.
class Unsupported : public Error {
 public:
  Unsupported(std::string operation_name, std::string device_name, const std::string& detail)
      : Error("{}: not supported on device {} ({})", operation_name, device_name, detail),
        operation(std::move(operation_name)),
        device(std::move(device_name)) {}

  std::string operation;
  std::string device;
};

}  // namespace tailor
