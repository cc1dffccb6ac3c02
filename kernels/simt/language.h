// The words of CUDA C++, its vector types, the indices of a thread, and how a kernel is started.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>

// flatten inlines every helper into the kernel. Without it a struct given to a helper by value
// would be read by code that the tracked build cannot see.
#define __global__ __attribute__((flatten))
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline
#define __noinline__
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
// A copy for each of the host's threads, and each of them runs one block at a time. Without `used`
// the compiler drops arrays that are only written, and takes those never written for zeros.
#define __shared__ thread_local __attribute__((used))

// NOLINTBEGIN(readability-identifier-naming, google-explicit-constructor): CUDA's own types
struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  constexpr dim3(unsigned columns = 1, unsigned rows = 1, unsigned layers = 1)
      : x(columns), y(rows), z(layers) {}
  constexpr dim3(uint3 from) : x(from.x), y(from.y), z(from.z) {}
  unsigned x, y, z;
};

#define TAILOR_SIMT_VECTORS(name, T)                            \
  struct alignas(2 * sizeof(T)) name##2 {                       \
    T x, y;                                                     \
  };                                                            \
  struct alignas(sizeof(T) < 8 ? 4 * sizeof(T) : 16) name##4 {  \
    T x, y, z, w;                                               \
  };                                                            \
  constexpr name##2 make_##name##2(T x, T y) { return {x, y}; } \
  constexpr name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
TAILOR_SIMT_VECTORS(char, signed char)
TAILOR_SIMT_VECTORS(uchar, unsigned char)
TAILOR_SIMT_VECTORS(short, short)
TAILOR_SIMT_VECTORS(ushort, unsigned short)
TAILOR_SIMT_VECTORS(int, int)
TAILOR_SIMT_VECTORS(uint, unsigned)
TAILOR_SIMT_VECTORS(float, float)
TAILOR_SIMT_VECTORS(double, double)
TAILOR_SIMT_VECTORS(longlong, long long)
#undef TAILOR_SIMT_VECTORS

struct int3 {
  int x, y, z;
};
struct float3 {
  float x, y, z;
};
constexpr int3 make_int3(int x, int y, int z) { return {x, y, z}; }
constexpr uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
constexpr float3 make_float3(float x, float y, float z) { return {x, y, z}; }
// NOLINTEND(readability-identifier-naming, google-explicit-constructor)

namespace tailor::simt {

// const: they never change while a thread runs, so that the compiler may keep them in registers.
// They are functions because variables would be watched themselves.
uint3 thread_index() __attribute__((const));
uint3 block_index() __attribute__((const));
dim3 block_size() __attribute__((const));
dim3 grid_size() __attribute__((const));

/// The memory of the running block whose size the launch chose.
void* dynamic_shared() __attribute__((const));

/// A kernel with its arguments. `call` runs one thread.
struct Call {
  const void* kernel;
  void (*call)(const void* frame);
  const void* frame;
  size_t frame_bytes;
};

/// Runs every thread and returns when all have ended. What CUDA would refuse is told by
/// cudaGetLastError().
void run(const Call& call, dim3 grid, dim3 block, size_t shared_bytes);

template <class... Parameters>
struct Frame {
  void (*kernel)(Parameters...);
  std::tuple<Parameters...> arguments;

  static void call(const void* frame) {
    const auto* self = static_cast<const Frame*>(frame);
    std::apply(self->kernel, self->arguments);
  }
};

template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared_bytes,
            Arguments... arguments) {
  const Frame<Parameters...> frame{kernel, {static_cast<Parameters>(arguments)...}};
  run({reinterpret_cast<const void*>(kernel), Frame<Parameters...>::call, &frame, sizeof frame},
      grid, block, shared_bytes);
}

}  // namespace tailor::simt

#define threadIdx (::tailor::simt::thread_index())
#define blockIdx (::tailor::simt::block_index())
#define blockDim (::tailor::simt::block_size())
#define gridDim (::tailor::simt::grid_size())
constexpr int warpSize = 32;  // NOLINT(readability-identifier-naming): CUDA's name
