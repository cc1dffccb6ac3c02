// Cells for every byte of a memory, as coarse as the accesses allow. 16 bytes (a granule) that are
// only ever touched whole have one cell; a finer access splits it where it begins and ends, and
// each part goes on with what was known. So bytes are exact, and vectors cost one cell.
#pragma once

#include <sys/mman.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

namespace tailor::simt {

constexpr size_t kGranule = 16;

/// Memory that takes up room only where it was touched; reads as zeros.
template <class T>
class LazyArray {
 public:
  explicit LazyArray(size_t count) : bytes_(count * sizeof(T)) {
    void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    items_ = static_cast<T*>(memory);
  }
  LazyArray(const LazyArray&) = delete;
  LazyArray& operator=(const LazyArray&) = delete;
  ~LazyArray() { munmap(items_, bytes_); }

  T& operator[](size_t index) const { return items_[index]; }
  T* data() const { return items_; }

  /// Zeros again, as far as whole pages lie in [begin, end); the items begin with one.
  void forget(size_t begin, size_t end) const {
    constexpr uintptr_t kPage = 4096;
    const size_t first = (begin * sizeof(T) + kPage - 1) & ~(kPage - 1);
    const size_t last = end * sizeof(T) & ~(kPage - 1);
    if (first < last) madvise(reinterpret_cast<char*>(items_) + first, last - first, MADV_DONTNEED);
  }

 private:
  size_t bytes_;
  T* items_;
};

struct Granule {
  uint32_t tag;      ///< of the block or launch whose cells these are
  uint16_t starts;   ///< a bit for each byte where a cell's bytes begin
  uint16_t allowed;  ///< a bit for each byte that may be touched
};

template <class CellType>
class ShadowMap {
 public:
  explicit ShadowMap(size_t bytes)
      : granules_(bytes / kGranule + 1),
        at_0_(bytes / 16 + 1),
        at_8_(bytes / 16 + 1),
        at_4_(bytes / 8 + 1),
        at_2_(bytes / 4 + 1),
        at_1_(bytes / 2 + 1) {}

  Granule& granule(size_t offset) const { return granules_[offset / kGranule]; }

  /// The cell of the bytes that begin here. Cells that are used together lie together.
  CellType& cell(size_t offset) const {
    switch (std::countr_zero(static_cast<unsigned>(offset) | 16)) {
      case 4:
        return at_0_[offset / 16];
      case 3:
        return at_8_[offset / 16];
      case 2:
        return at_4_[offset / 8];
      case 1:
        return at_2_[offset / 4];
      default:
        return at_1_[offset / 2];
    }
  }

  /// Starts a granule anew with empty cells of `size` bytes, a power of two.
  void reset(size_t offset, uint32_t tag, unsigned size, uint16_t allowed) const {
    static constexpr uint16_t kStarts[] = {0xFFFF, 0x5555, 0x1111, 0x0101, 0x0001};
    granule(offset) = {tag, kStarts[std::countr_zero(size)], allowed};
    const size_t begin = offset & ~(kGranule - 1);
    for (size_t at = 0; at < kGranule; at += size) cell(begin + at) = CellType{};
  }

  /// Calls judge(cell, offset, bytes) for the cells of these bytes, which lie in one granule;
  /// before that copied(cell) for those that start as copies of another.
  template <class Copied, class Judge>
  void visit(size_t offset, unsigned size, const Copied& copied, const Judge& judge) const {
    Granule& granule = this->granule(offset);
    const unsigned begin = offset % kGranule;
    const unsigned from_begin = (granule.starts | 0x10000U) >> begin;
    if ((from_begin & ((2U << size) - 1)) == (1U | 1U << size)) {
      judge(cell(offset), offset, size);
      return;
    }
    split(granule, offset - begin, begin, copied);
    split(granule, offset - begin, begin + size, copied);
    for (unsigned at = begin; at < begin + size;) {
      const auto bytes = unit_bytes(granule, at);
      judge(cell(offset - begin + at), offset - begin + at, bytes);
      at += bytes;
    }
  }

  /// How many bytes belong to the cell that starts at this byte of the granule.
  static unsigned unit_bytes(const Granule& granule, unsigned at) {
    return 1 + static_cast<unsigned>(std::countr_zero((granule.starts | 0x10000U) >> (at + 1)));
  }
  /// The byte of the granule where the cell of this byte begins.
  static unsigned unit_begin(const Granule& granule, unsigned at) {
    return 31 - static_cast<unsigned>(std::countl_zero(granule.starts & ((2U << at) - 1)));
  }

  void forget(size_t begin, size_t end) const {
    granules_.forget(begin / 16, end / 16);
    at_0_.forget(begin / 16, end / 16);
    at_8_.forget(begin / 16, end / 16);
    at_4_.forget(begin / 8, end / 8);
    at_2_.forget(begin / 4, end / 4);
    at_1_.forget(begin / 2, end / 2);
  }

 private:
  template <class Copied>
  void split(Granule& granule, size_t begin, unsigned at, const Copied& copied) const {
    if (at == kGranule || (granule.starts >> at & 1) != 0) return;
    cell(begin + at) = cell(begin + unit_begin(granule, at));
    copied(cell(begin + at));
    granule.starts = static_cast<uint16_t>(granule.starts | 1U << at);
  }

  LazyArray<Granule> granules_;
  LazyArray<CellType> at_0_, at_8_, at_4_, at_2_, at_1_;
};

}  // namespace tailor::simt
