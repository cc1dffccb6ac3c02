#include "kernels/simt/track/turns.h"

#include <thread>

namespace tailor::simt {

Turns& Turns::of_launch() {
  static Turns turns;
  return turns;
}

void Turns::begin(uint32_t blocks) {
  ended_ = std::make_unique<std::atomic<bool>[]>(blocks);
  blocks_ = blocks;
  first_running_ = 0;
}

void Turns::wait(uint32_t turn) const {
  while (first_running_.load() < turn) std::this_thread::yield();
}

void Turns::end(uint32_t turn) {
  ended_[turn] = true;
  for (uint32_t first = first_running_; first < blocks_ && ended_[first];) {
    if (first_running_.compare_exchange_weak(first, first + 1)) ++first;
  }
}

}  // namespace tailor::simt
