// What a GPU can do that CUDA C++ has no words for, and so is written in PTX, its assembler: copies
// that go on by themselves, and products of small matrices by the tensor cores. On the CPU
// kernels/simt takes their part (matrices.h, copies.h).
//
// A warp holds a fragment, 16 lines by 16 steps k of a matrix of bf16, in four registers a lane.
// Lane 4 g + t, t < 4, has in register r two neighbours in k, the lower one in its lower half:
//
//   line g + 8 (r % 2), steps 2 t + 8 (r / 2) and the next
//
// Sources: PTX ISA 8.0, "Warp Level Matrix Instructions" (mma.m16n8k16, ldmatrix) and "Data
// Movement and Conversion Instructions" (cp.async). For sm_80 and later.
#pragma once

#include <cstdint>

#include "kernels/cuda/dialect.h"
#include "kernels/cuda/numbers.h"

namespace tailor::cuda {

#ifdef __CUDACC__
/// An address as PTX's instructions on shared memory want it.
__device__ __forceinline__ unsigned shared_address(const void* at) {
  return static_cast<unsigned>(__cvta_generic_to_shared(at));
}
#endif

/// Starts to copy 16 bytes to shared memory, or zeros there when not `inside`; both addresses are
/// aligned to 16. The bytes may be read after wait_for_copies() and, by other threads, a barrier.
__device__ __forceinline__ void start_copy(void* to, const void* from, bool inside) {
#ifdef __CUDACC__
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from),
               "r"(inside ? 16 : 0)
               : "memory");
#else
  const auto bytes = inside ? load_vec<4>(static_cast<const uint32_t*>(from)) : Vec<uint32_t, 4>{};
  simt::start_copy(to, bytes.v);
#endif
}

/// Makes a group of the copies that this thread started since the last one.
__device__ __forceinline__ void commit_copies() {
#ifdef __CUDACC__
  asm volatile("cp.async.commit_group;" ::: "memory");
#else
  simt::commit_copies();
#endif
}

/// Waits for all groups of this thread but the last kUnderWay.
template <int kUnderWay>
__device__ __forceinline__ void wait_for_copies() {
#ifdef __CUDACC__
  asm volatile("cp.async.wait_group %0;" ::"n"(kUnderWay) : "memory");
#else
  simt::wait_for_copies(kUnderWay);
#endif
}

/// Four matrices of 8 x 8 bf16 from shared memory, one a register. Lane 8 m + i gives the address
/// of row i of matrix m, 16 bytes aligned to 16; lane 4 g + t gets the elements 2 t and 2 t + 1 of
/// row g or, transposed, those of the column g. All lanes of the warp take part.
template <bool kTransposed>
__device__ __forceinline__ void load_matrices(uint32_t (&registers)[4], const void* row) {
#ifdef __CUDACC__
  if constexpr (kTransposed) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                 : "r"(shared_address(row))
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                 : "r"(shared_address(row))
                 : "memory");
  }
#else
  simt::load_matrices(registers, load_vec<4>(static_cast<const uint32_t*>(row)).v, kTransposed);
#endif
}

/// sums [16, 8] += a [16, 16] * b [8, 16] transposed: products of bf16, sums in f32. Lane 4 g + t
/// has the sums of line g, columns 2 t and 2 t + 1, then those of line g + 8. `b` is half a
/// fragment: the registers of its lines 0 to 7, or of 8 to 15. All lanes of the warp take part.
__device__ __forceinline__ void multiply_matrices(float (&sums)[4], const uint32_t (&a)[4],
                                                  const uint32_t (&b)[2]) {
#ifdef __CUDACC__
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  simt::multiply_matrices(sums, a, b);
#endif
}

/// Two numbers rounded to bf16, to nearest even, the first in the lower half.
__device__ __forceinline__ uint32_t pack_bf16(float low, float high) {
#ifdef __CUDACC__
  uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
#else
  return uint32_t{to_bf16(low).bits} | uint32_t{to_bf16(high).bits} << 16;
#endif
}

}  // namespace tailor::cuda
