// What the libraries leave undone of an Epilogue.
#pragma once

#include "kernels/cuda/cuda_backend.h"

namespace tailor::cuda {

/// y = activation(sums + bias + residual), rounded once. sums: f32 of y's shape, may lie where y
/// does; bias f32 [channels]; residual of y's dtype, may be y.
void apply_epilogue(CudaBackend& backend, View sums, const Epilogue& e, View y);

}  // namespace tailor::cuda
