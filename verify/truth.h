// The reference in f64, which every device is measured by.
#pragma once

#include <vector>

#include "verify/case.h"

namespace tailor::verify {

/// The dtype that an argument has when the case runs in `dtype`.
DType dtype_of(const Argument& argument, DType dtype);

/// What the reference makes of a case whose inputs are rounded to `dtype`. A case that must throw
/// has the inputs only.
Truth truth_of(const Case& test, DType dtype);

/// A call on the reference, reals in f64 and integers as they are: all arguments behind it, given
/// those before it.
std::vector<std::vector<double>> run_reference(const std::vector<Argument>& arguments, DType dtype,
                                               const Call& call,
                                               const std::vector<std::vector<double>>& before);

}  // namespace tailor::verify
