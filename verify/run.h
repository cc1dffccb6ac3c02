// Runs cases on a device and judges what it computed.
//
// A device gets the same dtype-rounded inputs as the reference does in f64. Its outputs are
// poisoned before the call, every argument lies between sentinels, and inputs must stay as they
// were.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/case.h"
#include "verify/compare.h"

namespace tailor::verify {

struct Options {
  std::string device = "auto";
  std::optional<DType> dtype;  ///< none: all that the device has
  std::string op;              ///< "conv2d" means its backward operations too; "": all
  std::string variant;         ///< "": every one
};

enum class Status : uint8_t { pass, fail, unsupported };

struct Result {
  Op op;
  bool backward;  ///< whether gradients were computed
  std::string device;
  DType dtype;
  std::string variant;
  std::string name;  ///< of the case
  Status status = Status::pass;
  double error = 0;  ///< of the element that is worst by its bound
  double bound = 0;
  double share = -1;                  ///< error / bound of that element
  std::vector<std::string> messages;  ///< why it failed
};

/// "fail"
std::string_view name_of(Status status);
/// Every row of the device against every case of its operation, and the gradient checks where the
/// device is the reference. An operation without any row gives one result for each case,
/// unsupported. Throws UsageError for an operation, device or variant that does not exist.
std::vector<Result> run(const Options& options);
/// The cases alone, on an open device; options.device is not looked at.
std::vector<Result> run_cases(Backend& backend, const std::vector<Case>& cases,
                              const Options& options = {});

/// Whether the options ask for this.
bool selects(const Options& options, Op op, DType dtype, std::string_view variant);
/// Takes the comparison of one argument into the result.
void add_comparison(const Comparison& comparison, const std::string& argument, const Shape& shape,
                    Result& result);

}  // namespace tailor::verify
