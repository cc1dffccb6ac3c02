// Runs the cases that were asked for on a device.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/case.h"
#include "verify/result.h"

namespace tailor::verify {

struct Options {
  std::string device = "auto";
  std::optional<DType> dtype;  ///< none: all that the device has
  std::string op;              ///< "conv2d" means its backward operations too; "": all
  std::string variant;         ///< "": every one
  bool every_order = false;    ///< of threads, where a device watches them; otherwise ascending
};

/// Every row of the device against every case of its operation, and the gradient checks where the
/// device is the reference. An operation without any row gives one result for each case,
/// unsupported. Throws UsageError for an operation, device or variant that does not exist.
std::vector<Result> run(const Options& options);
/// The cases alone, on an open device; options.device is not looked at.
std::vector<Result> run_cases(Backend& backend, const std::vector<Case>& cases,
                              const Options& options = {});

/// Throws UsageError, which names the option, unless there is an operation of this name.
void check_operation(std::string_view name, std::string_view option);
/// Whether the options ask for this.
bool selects(const Options& options, Op op, DType dtype, std::string_view variant);

}  // namespace tailor::verify
