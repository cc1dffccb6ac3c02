// What kernels compiled with -fsanitize=thread,bounds,alignment call. There is no libtsan: these
// take its place.
#include <cstdint>
#include <cstring>

#include "kernels/simt/track/block_tracker.h"

using tailor::simt::Access;
using tailor::simt::BlockTracker;

namespace {

// A return address only means the kernel's when taken in the callback itself.
#define TAILOR_SIMT_PC reinterpret_cast<uintptr_t>(__builtin_return_address(0))

template <unsigned kSize>
inline void tell(const volatile void* data, Access kind, uintptr_t pc) {
  if (BlockTracker* tracker = BlockTracker::current()) {
    tracker->access(reinterpret_cast<uintptr_t>(data), kSize, kind, pc);
  }
}

inline void tell_range(const volatile void* data, size_t bytes, Access kind, uintptr_t pc) {
  if (BlockTracker* tracker = BlockTracker::current()) {
    tracker->access_range(reinterpret_cast<uintptr_t>(data), bytes, kind, pc);
  }
}

}  // namespace

namespace tailor::simt {

void track_atomic(volatile void* at, size_t bytes, void* pc) {
  if (BlockTracker* tracker = BlockTracker::current()) {
    tracker->atomic(reinterpret_cast<uintptr_t>(at), static_cast<unsigned>(bytes),
                    reinterpret_cast<uintptr_t>(pc));
  }
}

}  // namespace tailor::simt

extern "C" {

// NOLINTBEGIN(readability-identifier-naming): the names that the compiler calls
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void** data, void*) { tell<8>(data, Access::write, TAILOR_SIMT_PC); }
void __tsan_vptr_read(void** data) { tell<8>(data, Access::read, TAILOR_SIMT_PC); }

#define TAILOR_SIMT_CALLBACKS(size)                                                               \
  void __tsan_read##size(void* data) { tell<size>(data, Access::read, TAILOR_SIMT_PC); }          \
  void __tsan_write##size(void* data) { tell<size>(data, Access::write, TAILOR_SIMT_PC); }        \
  void __tsan_volatile_read##size(void* data) { tell<size>(data, Access::read, TAILOR_SIMT_PC); } \
  void __tsan_volatile_write##size(void* data) { tell<size>(data, Access::write, TAILOR_SIMT_PC); }
TAILOR_SIMT_CALLBACKS(1)
TAILOR_SIMT_CALLBACKS(2)
TAILOR_SIMT_CALLBACKS(4)
TAILOR_SIMT_CALLBACKS(8)
TAILOR_SIMT_CALLBACKS(16)

#define TAILOR_SIMT_UNALIGNED(size)                        \
  void __tsan_unaligned_read##size(void* data) {           \
    tell_range(data, size, Access::read, TAILOR_SIMT_PC);  \
  }                                                        \
  void __tsan_unaligned_write##size(void* data) {          \
    tell_range(data, size, Access::write, TAILOR_SIMT_PC); \
  }                                                        \
  void __tsan_unaligned_volatile_read##size(void* data) {  \
    tell_range(data, size, Access::read, TAILOR_SIMT_PC);  \
  }                                                        \
  void __tsan_unaligned_volatile_write##size(void* data) { \
    tell_range(data, size, Access::write, TAILOR_SIMT_PC); \
  }
TAILOR_SIMT_UNALIGNED(2)
TAILOR_SIMT_UNALIGNED(4)
TAILOR_SIMT_UNALIGNED(8)
TAILOR_SIMT_UNALIGNED(16)

void __tsan_read_range(void* data, size_t bytes) {
  tell_range(data, bytes, Access::read, TAILOR_SIMT_PC);
}
void __tsan_write_range(void* data, size_t bytes) {
  tell_range(data, bytes, Access::write, TAILOR_SIMT_PC);
}

// Calls of memcpy and memset have no callbacks; tracked_compile renames them.
void* tailor_simt_memcpy(void* to, const void* from, size_t bytes) {
  tell_range(from, bytes, Access::read, TAILOR_SIMT_PC);
  tell_range(to, bytes, Access::write, TAILOR_SIMT_PC);
  return std::memcpy(to, from, bytes);
}
void* tailor_simt_memmove(void* to, const void* from, size_t bytes) {
  tell_range(from, bytes, Access::read, TAILOR_SIMT_PC);
  tell_range(to, bytes, Access::write, TAILOR_SIMT_PC);
  return std::memmove(to, from, bytes);
}
void* tailor_simt_memset(void* data, int value, size_t bytes) {
  tell_range(data, bytes, Access::write, TAILOR_SIMT_PC);
  return std::memset(data, value, bytes);
}

// Atomics of C++ in kernel files: the host's, such as the guard of a static variable.
#define TAILOR_SIMT_ATOMICS(bits, T)                                                            \
  T __tsan_atomic##bits##_load(const volatile T* at, int) {                                     \
    tell<sizeof(T)>(at, Access::atomic, TAILOR_SIMT_PC);                                        \
    return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                               \
  }                                                                                             \
  void __tsan_atomic##bits##_store(volatile T* at, T value, int) {                              \
    tell<sizeof(T)>(at, Access::atomic, TAILOR_SIMT_PC);                                        \
    __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                              \
  }                                                                                             \
  T __tsan_atomic##bits##_exchange(volatile T* at, T value, int) {                              \
    tell<sizeof(T)>(at, Access::atomic, TAILOR_SIMT_PC);                                        \
    return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);                                    \
  }                                                                                             \
  T __tsan_atomic##bits##_fetch_add(volatile T* at, T value, int) {                             \
    tell<sizeof(T)>(at, Access::atomic, TAILOR_SIMT_PC);                                        \
    return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);                                     \
  }                                                                                             \
  T __tsan_atomic##bits##_fetch_sub(volatile T* at, T value, int) {                             \
    tell<sizeof(T)>(at, Access::atomic, TAILOR_SIMT_PC);                                        \
    return __atomic_fetch_sub(at, value, __ATOMIC_SEQ_CST);                                     \
  }                                                                                             \
  bool __tsan_atomic##bits##_compare_exchange_strong(volatile T* at, T* expected, T value, int, \
                                                     int) {                                     \
    tell<sizeof(T)>(at, Access::atomic, TAILOR_SIMT_PC);                                        \
    return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST,            \
                                       __ATOMIC_SEQ_CST);                                       \
  }                                                                                             \
  bool __tsan_atomic##bits##_compare_exchange_weak(volatile T* at, T* expected, T value, int a, \
                                                   int b) {                                     \
    return __tsan_atomic##bits##_compare_exchange_strong(at, expected, value, a, b);            \
  }
TAILOR_SIMT_ATOMICS(8, uint8_t)
TAILOR_SIMT_ATOMICS(16, uint16_t)
TAILOR_SIMT_ATOMICS(32, uint32_t)
TAILOR_SIMT_ATOMICS(64, uint64_t)

/// The alignment of a type against the address. A vector that is made where it is stored reaches
/// the callbacks above as several numbers; nvcc stores it at once.
void __ubsan_handle_type_mismatch_v1(const void* data, uintptr_t address) {
  struct Mismatch {  // as GCC lays it out
    const char* file;
    uint32_t line, column;
    const void* type;
    unsigned char log_alignment;
    unsigned char kind;
  };
  enum : unsigned char { kLoad = 0, kStore = 1 };  // others touch a part only
  const auto& mismatch = *static_cast<const Mismatch*>(data);
  BlockTracker* tracker = BlockTracker::current();
  if (tracker == nullptr || (mismatch.kind != kLoad && mismatch.kind != kStore)) return;
  tracker->misaligned(address, 1U << mismatch.log_alignment,
                      mismatch.kind == kLoad ? Access::read : Access::write, TAILOR_SIMT_PC);
}

/// The index against the declared dimension, which an address alone cannot show.
void __ubsan_handle_out_of_bounds(const void*, uintptr_t index) {
  if (BlockTracker* tracker = BlockTracker::current()) {
    tracker->index_out_of_bounds(static_cast<long>(index), TAILOR_SIMT_PC);
  }
}

// NOLINTEND(readability-identifier-naming)

}  // extern "C"
