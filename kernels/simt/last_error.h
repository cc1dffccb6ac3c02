// What cudaGetLastError() tells.
#pragma once

#include "kernels/simt/runtime_api.h"

namespace tailor::simt {

void set_last_error(cudaError_t error);

}  // namespace tailor::simt
