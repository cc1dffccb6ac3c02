// What kernel files get from <cuda_runtime.h> when g++ compiles them for the CPU: this folder comes
// first on their include path.
#pragma once

// IWYU pragma: begin_exports
#include "kernels/simt/atomics.h"
#include "kernels/simt/copies.h"
#include "kernels/simt/language.h"
#include "kernels/simt/math_functions.h"
#include "kernels/simt/matrices.h"
#include "kernels/simt/runtime_api.h"
#include "kernels/simt/simt.h"
#include "kernels/simt/warp_functions.h"
// IWYU pragma: end_exports
