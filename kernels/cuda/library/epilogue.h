// What the libraries leave undone of an Epilogue.
#pragma once

#include "kernels/cuda/cuda_backend.h"

namespace tailor::cuda {

/// y = activation(sums + bias + residual), rounded once. sums: as many f32 as y has elements, where
/// y (f32 or bf16) may lie itself; bias f32 [channels], residual y's dtype, may be y.
void apply_epilogue(CudaBackend& backend, const float* sums, const Epilogue& e, View y);

}  // namespace tailor::cuda
