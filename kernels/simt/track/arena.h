// Device memory of the tracked build: addresses that are not soon used again, with what is known of
// each byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "kernels/simt/track/shadow_map.h"

namespace tailor::simt {

class Arena {
 public:
  static constexpr size_t kBytes = size_t{8} << 30;
  /// Between pieces, so that what runs over the end of one is not in the next.
  static constexpr size_t kGap = 256;

  static Arena& one();

  void* allocate(size_t bytes);
  bool release(void* data);

  bool holds(uintptr_t address) const { return address - base() < kBytes; }
  uintptr_t base() const { return reinterpret_cast<uintptr_t>(memory_.data()); }

  /// Whether some live piece has all of these bytes.
  bool has(uintptr_t address, size_t bytes);

  void set_written(const void* data, size_t bytes, bool written);
  void copy_written(void* to, const void* from, size_t bytes);
  void forbid(const void* data, size_t bytes);

  /// For the bytes of the granule at this offset, a bit each.
  uint16_t allowed(size_t offset) const { return allowed_[offset / kGranule]; }
  uint16_t written(size_t offset) const {
    return __atomic_load_n(&written_[offset / kGranule], __ATOMIC_RELAXED);
  }
  void add_written(size_t offset, uint16_t bytes) const {
    if ((written(offset) & bytes) == bytes) return;
    __atomic_fetch_or(&written_[offset / kGranule], bytes, __ATOMIC_RELAXED);
  }

  /// "byte 40 of 36 of device memory": where an address lies among what was allocated.
  std::string describe(uintptr_t address);

 private:
  struct Piece {
    size_t bytes;
    bool live;
  };

  Arena();
  size_t find_room(size_t bytes);
  void trim();

  std::mutex mutex_;
  LazyArray<char> memory_;
  LazyArray<uint16_t> allowed_;
  LazyArray<uint16_t> written_;
  std::map<size_t, Piece> pieces_;  ///< by offset
  size_t cursor_ = 0;               ///< where the next piece is looked for
  size_t highest_ = 0;              ///< that the cursor ever was
  size_t released_ = 0;             ///< bytes, since the last trim
};

}  // namespace tailor::simt
