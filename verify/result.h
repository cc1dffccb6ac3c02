// What verify says about one row of a device and one case.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernels/api/table.h"
#include "verify/compare.h"

namespace tailor::verify {

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

  void fail(std::string message) {
    status = Status::fail;
    messages.push_back(std::move(message));
  }
};

/// "fail"
std::string_view name_of(Status status);
/// Takes the comparison of one argument into the result.
void add_comparison(const Comparison& comparison, const std::string& argument, const Shape& shape,
                    Result& result);

}  // namespace tailor::verify
