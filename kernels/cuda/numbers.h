// Stored numbers and the f32 that kernels compute in.
#pragma once

#include "kernels/api/bf16.h"
#include "kernels/cuda/dialect.h"

namespace tailor::cuda {

__device__ __forceinline__ float to_f32(float value) { return value; }
__device__ __forceinline__ float to_f32(bf16 value) { return to_float(value); }

/// Rounds to nearest even.
template <class T>
__device__ __forceinline__ T from_f32(float value) {
  if constexpr (sizeof(T) == sizeof(bf16)) {
    return to_bf16(value);
  } else {
    return value;
  }
}

}  // namespace tailor::cuda
