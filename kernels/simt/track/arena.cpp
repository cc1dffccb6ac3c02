#include "kernels/simt/track/arena.h"

#include <algorithm>
#include <iterator>

#include "kernels/simt/device_memory.h"
#include "kernels/simt/track/block_tracker.h"

namespace tailor::simt {
namespace {

/// After so many bytes were released, the host gets back what they and their cells took.
constexpr size_t kTrimAfter = size_t{64} << 20;

size_t round_up(size_t value, size_t to) { return (value + to - 1) / to * to; }

/// Calls change(index of granule, bits) for the granules of these bytes.
template <class Change>
void each_granule(size_t begin, size_t end, const Change& change) {
  for (size_t at = begin; at < end;) {
    const size_t granule = at / kGranule;
    const size_t stop = std::min(end, (granule + 1) * kGranule);
    change(granule, static_cast<uint16_t>(((1U << (stop - at)) - 1) << at % kGranule));
    at = stop;
  }
}

}  // namespace

Arena::Arena() : memory_(kBytes), allowed_(kBytes / kGranule), written_(kBytes / kGranule) {}

Arena& Arena::one() {
  static Arena arena;
  return arena;
}

/// The next free room from the cursor on, so that addresses come back as late as can be. Returns
/// kBytes when there is none.
size_t Arena::find_room(size_t bytes) {
  for (const bool again : {false, true}) {
    size_t at = again ? kGap : std::max(cursor_, kGap);
    for (auto next = pieces_.lower_bound(at);; ++next) {
      while (next != pieces_.end() && !next->second.live) next = pieces_.erase(next);
      const size_t end = next == pieces_.end() ? kBytes : next->first;
      if (at + bytes + kGap <= end) return at;
      if (next == pieces_.end()) break;
      at = round_up(next->first + next->second.bytes + kGap, 256);
    }
  }
  return kBytes;
}

void* Arena::allocate(size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes >= kBytes) return nullptr;
  const size_t at = find_room(bytes);
  if (at == kBytes) return nullptr;
  cursor_ = round_up(at + bytes + kGap, 256);
  highest_ = std::max(highest_, cursor_);
  pieces_[at] = {bytes, true};
  each_granule(at, at + bytes, [&](size_t granule, uint16_t bits) {
    allowed_[granule] = bits;
    written_[granule] = 0;
  });
  return memory_.data() + at;
}

bool Arena::release(void* data) {
  const std::lock_guard lock(mutex_);
  const auto piece = pieces_.find(reinterpret_cast<uintptr_t>(data) - base());
  if (piece == pieces_.end() || !piece->second.live) return false;
  piece->second.live = false;
  each_granule(piece->first, piece->first + piece->second.bytes,
               [&](size_t granule, uint16_t) { allowed_[granule] = 0; });
  released_ += piece->second.bytes + kGap;
  if (released_ > kTrimAfter) trim();
  return true;
}

void Arena::trim() {
  released_ = 0;
  size_t begin = 0;
  const auto forget = [&](size_t end) {
    if (begin + (size_t{64} << 10) > end) return;
    memory_.forget(begin, end);
    allowed_.forget(begin / kGranule, end / kGranule);
    written_.forget(begin / kGranule, end / kGranule);
    forget_cells(begin, end);
  };
  for (auto piece = pieces_.begin(); piece != pieces_.end();) {
    if (!piece->second.live) {
      piece = pieces_.erase(piece);
      continue;
    }
    forget(piece->first);
    begin = round_up(piece->first + piece->second.bytes, kGranule);
    ++piece;
  }
  forget(highest_);
}

void Arena::set_written(const void* data, size_t bytes, bool written) {
  const uintptr_t begin = reinterpret_cast<uintptr_t>(data) - base();
  if (begin >= kBytes) return;
  each_granule(begin, begin + bytes, [&](size_t granule, uint16_t bits) {
    written_[granule] =
        static_cast<uint16_t>(written ? written_[granule] | bits : written_[granule] & ~bits);
  });
}

void Arena::copy_written(void* to, const void* from, size_t bytes) {
  const uintptr_t source = reinterpret_cast<uintptr_t>(from) - base();
  const uintptr_t target = reinterpret_cast<uintptr_t>(to) - base();
  if (source >= kBytes || target >= kBytes) return set_written(to, bytes, true);
  if ((source | target | bytes) % kGranule == 0) {
    std::copy_n(&written_[source / kGranule], bytes / kGranule, &written_[target / kGranule]);
    return;
  }
  for (size_t i = 0; i < bytes; ++i) {
    const size_t at = source + i;
    const bool known = (written_[at / kGranule] >> at % kGranule & 1) != 0;
    set_written(static_cast<char*>(to) + i, 1, known);
  }
}

void Arena::forbid(const void* data, size_t bytes) {
  const uintptr_t begin = reinterpret_cast<uintptr_t>(data) - base();
  if (begin >= kBytes) return;
  each_granule(begin, begin + bytes, [&](size_t granule, uint16_t bits) {
    allowed_[granule] = static_cast<uint16_t>(allowed_[granule] & ~bits);
  });
}

bool Arena::has(uintptr_t address, size_t bytes) {
  const std::lock_guard lock(mutex_);
  const size_t at = address - base();
  const auto next = pieces_.upper_bound(at);
  if (next == pieces_.begin()) return false;
  const auto& [begin, piece] = *std::prev(next);
  return piece.live && at - begin <= piece.bytes && bytes <= piece.bytes - (at - begin);
}

std::string Arena::describe(uintptr_t address) {
  const std::lock_guard lock(mutex_);
  const size_t at = address - base();
  if (at >= kBytes) return "memory that is not the device's";
  const auto next = pieces_.upper_bound(at);
  if (next == pieces_.begin()) return "device memory before all that was allocated";
  const auto& [begin, piece] = *std::prev(next);
  const size_t byte = at - begin;
  std::string text = byte < piece.bytes
                         ? "byte " + std::to_string(byte)
                         : std::to_string(byte - piece.bytes) + " bytes past the end";
  text += " of a " + std::string(piece.live ? "" : "released ") + "device buffer of " +
          std::to_string(piece.bytes) + " bytes";
  if (piece.live && byte < piece.bytes && (allowed(at) >> at % kGranule & 1) == 0) {
    text += ", forbidden there";
  }
  return text;
}

void* allocate_device(size_t bytes) { return Arena::one().allocate(bytes); }
bool release_device(void* data) { return Arena::one().release(data); }
bool is_one_piece(const void* data, size_t bytes) {
  const auto address = reinterpret_cast<uintptr_t>(data);
  return !Arena::one().holds(address) || Arena::one().has(address, bytes);
}
void mark_written(void* data, size_t bytes) { Arena::one().set_written(data, bytes, true); }
void mark_unwritten(const void* data, size_t bytes) {
  Arena::one().set_written(data, bytes, false);
}
void mark_forbidden(const void* data, size_t bytes) { Arena::one().forbid(data, bytes); }
void copy_marks(void* to, const void* from, size_t bytes) {
  Arena::one().copy_written(to, from, bytes);
}

}  // namespace tailor::simt
