// Blocks in the order in which one host thread would run them. Global atomics are taken in that
// order, so that their results, and what depends on them, are always the same.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace tailor::simt {

class Turns {
 public:
  static Turns& of_launch();

  void begin(uint32_t blocks);
  /// Returns when all blocks of earlier turns have ended.
  void wait(uint32_t turn) const;
  void end(uint32_t turn);

 private:
  std::unique_ptr<std::atomic<bool>[]> ended_;
  uint32_t blocks_ = 0;
  std::atomic<uint32_t> first_running_{0};
};

}  // namespace tailor::simt
