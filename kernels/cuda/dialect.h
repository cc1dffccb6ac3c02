// The CUDA that kernels are written in. nvcc compiles it for a GPU; g++ compiles the same files
// against kernels/simt/cuda_runtime.h, which comes first on its include path. Where the two need
// different spellings, the one that kernels use is here.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#ifdef __CUDACC__
/// `DYNAMIC_SHARED(float, tile);` declares `tile`, the shared memory whose size the launch chose.
#define DYNAMIC_SHARED(T, name)                                          \
  extern __shared__ __align__(16) unsigned char tailor_dynamic_shared[]; \
  T* const name = reinterpret_cast<T*>(tailor_dynamic_shared)
#else
#define DYNAMIC_SHARED(T, name) T* const name = static_cast<T*>(::tailor::simt::dynamic_shared())
#endif

namespace tailor::cuda {

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xFFFFFFFF;

/// N numbers that are read or written at once, such as four floats in one 16-byte access.
template <class T, int N>
struct alignas(sizeof(T) * N) Vec {
  T v[N];
};

/// How many T fit the widest access, 16 bytes.
template <class T>
constexpr int kVecWidth = 16 / static_cast<int>(sizeof(T));

/// One access; `from` is aligned to sizeof(T) * N.
template <int N, class T>
__device__ __forceinline__ Vec<T, N> load_vec(const T* from) {
  return *reinterpret_cast<const Vec<T, N>*>(from);
}
template <int N, class T>
__device__ __forceinline__ void store_vec(T* to, const Vec<T, N>& value) {
  *reinterpret_cast<Vec<T, N>*>(to) = value;
}

}  // namespace tailor::cuda
