// The host's memory, shared by the devices that compute on the CPU.
#pragma once

#include <memory>

#include "kernels/api/memory.h"

namespace tailor {

/// Keeps released blocks for reuse, since fresh pages cost more than the arithmetic on them.
std::shared_ptr<Memory> make_host_memory();

}  // namespace tailor
