// One case on one row of a device.
//
// The device gets the same dtype-rounded inputs as the reference does in f64. Its outputs are
// poisoned before the call (with what no right result is), every argument lies between sentinels,
// and inputs must stay as they were. A device that watches its kernels is told what they may not
// touch and what they may not read before they wrote it; whatever it finds is a failure, right
// numbers or not.
#pragma once

#include <span>

#include "kernels/api/watch.h"
#include "verify/result.h"
#include "verify/truth.h"

namespace tailor::verify {

/// Runs the case on the row that the backend is set to, once for each order of the threads (of
/// which only a watched device has more than one), and fills in status, error, bound and messages.
/// Every order must leave the same bytes.
void try_case(Backend& backend, const Truth& truth, DType dtype,
              std::span<const ThreadOrder> orders, Result& result);

}  // namespace tailor::verify
