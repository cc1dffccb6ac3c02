// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011). Any number of a stream can be computed alone, so results
// do not depend on threads, batches or devices.
#pragma once

#include <array>
#include <cstdint>

namespace tailor {

using PhiloxBlock = std::array<uint32_t, 4>;

/// Ten rounds of Philox on one counter block.
constexpr PhiloxBlock philox4x32(PhiloxBlock counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * counter[0];
    const uint64_t b = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// What the numbers are for; streams of one seed never overlap.
enum class Stream : uint32_t { init, shuffle, augment, dropout, split };

/// Where a sequence of random numbers starts. Key = seed; counter words 0-1 = index,
/// word 2 = step (or view), word 3 = stream.
struct RandomKey {
  uint64_t seed = 0;
  Stream stream = Stream::init;
  uint32_t step = 0;

  /// The four words at `index`.
  constexpr PhiloxBlock at(uint64_t index) const {
    return philox4x32({static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32), step,
                       static_cast<uint32_t>(stream)},
                      {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  }
};

/// Uniform in [0, 1) with 24 bits: exact in f32.
constexpr float to_uniform(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24F; }

/// The uniform number of element `i`: word i % 4 of block i / 4.
constexpr float uniform_at(const RandomKey& key, uint64_t i) {
  return to_uniform(key.at(i / 4)[i % 4]);
}

/// Numbers drawn one after the other for one item (a photo, a shuffle). `item` fills counter words
/// 0-1; the draw count is added to word 2's upper half, so an item has 2^18 numbers a step and
/// 2^16 steps.
class RandomStream {
 public:
  RandomStream(uint64_t seed, Stream stream, uint64_t item = 0, uint32_t step = 0)
      : key_{seed, stream, step}, item_(item) {}

  uint32_t next() {
    if (used_ == 4) {
      block_ = key_.at(item_);
      key_.step += uint32_t{1} << 16;
      used_ = 0;
    }
    return block_[used_++];
  }
  float uniform() { return to_uniform(next()); }
  /// Unbiased in [0, n), n > 0 (Lemire, "Fast random integer generation in an interval", 2019).
  uint32_t below(uint32_t n) {
    uint64_t product = uint64_t{next()} * n;
    if (static_cast<uint32_t>(product) < n) {
      const uint32_t threshold = (0 - n) % n;
      while (static_cast<uint32_t>(product) < threshold) product = uint64_t{next()} * n;
    }
    return static_cast<uint32_t>(product >> 32);
  }

 private:
  RandomKey key_;
  uint64_t item_;
  PhiloxBlock block_{};
  uint32_t used_ = 4;
};

}  // namespace tailor
