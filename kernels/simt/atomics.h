// Read-modify-writes. They order nothing but themselves, as on a GPU. Each returns the old value.
#pragma once

#include <cstddef>
#include <type_traits>

namespace tailor::simt {

#ifdef __SANITIZE_THREAD__
/// Called before each atomic. Waits until it is this block's turn, so that what atomics return does
/// not depend on the host's threads.
void track_atomic(volatile void* at, size_t bytes, void* pc);
#define TAILOR_SIMT_TRACK_ATOMIC(at) \
  tailor::simt::track_atomic(at, sizeof(*(at)), __builtin_return_address(0))
// The access is told by hand, once, with the kernel's line; the update itself is not watched.
#define TAILOR_SIMT_ATOMIC __attribute__((noinline, no_sanitize("thread")))
#else
#define TAILOR_SIMT_TRACK_ATOMIC(at) static_cast<void>(0)
#define TAILOR_SIMT_ATOMIC inline
#endif

/// Replaces the value by update(value) while others may do the same.
template <class T, class Update>
__attribute__((always_inline, no_sanitize("thread"))) inline T replace_by(volatile T* at,
                                                                          Update update) {
  T old;
  __atomic_load(at, &old, __ATOMIC_RELAXED);
  T next = update(old);
  while (!__atomic_compare_exchange(at, &old, &next, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
    next = update(old);
  }
  return old;
}

}  // namespace tailor::simt

// NOLINTBEGIN(readability-identifier-naming): CUDA's names
#define TAILOR_SIMT_UPDATE(name, expression)                                                       \
  template <class T>                                                                               \
  TAILOR_SIMT_ATOMIC T name(T* at, std::type_identity_t<T> value) {                                \
    TAILOR_SIMT_TRACK_ATOMIC(at);                                                                  \
    return tailor::simt::replace_by(                                                               \
        at, [value](T old) __attribute__((always_inline)) { return static_cast<T>(expression); }); \
  }
TAILOR_SIMT_UPDATE(atomicAdd, old + value)
TAILOR_SIMT_UPDATE(atomicSub, old - value)
TAILOR_SIMT_UPDATE(atomicMin, value < old ? value : old)
TAILOR_SIMT_UPDATE(atomicMax, old < value ? value : old)
TAILOR_SIMT_UPDATE(atomicAnd, old& value)
TAILOR_SIMT_UPDATE(atomicOr, old | value)
TAILOR_SIMT_UPDATE(atomicXor, old ^ value)
TAILOR_SIMT_UPDATE(atomicInc, old >= value ? 0 : old + 1)
TAILOR_SIMT_UPDATE(atomicDec, old == 0 || old > value ? value : old - 1)
TAILOR_SIMT_UPDATE(atomicExch, (static_cast<void>(old), value))
#undef TAILOR_SIMT_UPDATE

template <class T>
TAILOR_SIMT_ATOMIC T atomicCAS(T* at, std::type_identity_t<T> expected,
                               std::type_identity_t<T> value) {
  TAILOR_SIMT_TRACK_ATOMIC(at);
  return tailor::simt::replace_by(
      at, [ expected, value ](T old)
              __attribute__((always_inline)) { return old == expected ? value : old; });
}
// NOLINTEND(readability-identifier-naming)
