// Copies to shared memory that go on while their threads do (kernels/cuda/ptx.h). Here the bytes
// arrive at the last moment, when their thread waits for them: who reads them earlier finds what
// was there before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tailor::simt {

void start_copy(void* to, const uint32_t (&words)[4]);
void commit_copies();
void wait_for_copies(int groups_under_way);

/// Those of one thread.
class Copies {
 public:
  struct Copy {
    void* to;
    std::array<uint32_t, 4> words;
    uintptr_t pc;  ///< where it was started
    uint32_t group;
  };

  void start(const Copy& copy) { started_.push_back(copy); }
  uint32_t group() const { return group_; }
  void commit() { ++group_; }
  /// Calls arrive(copy) for those in groups before the last few.
  template <class Arrive>
  void wait(int groups_under_way, const Arrive& arrive) {
    size_t done = 0;
    while (done < started_.size() &&
           started_[done].group + static_cast<uint32_t>(groups_under_way) < group_) {
      arrive(started_[done++]);
    }
    started_.erase(started_.begin(), started_.begin() + static_cast<std::ptrdiff_t>(done));
  }
  void clear() {
    started_.clear();
    group_ = 0;
  }

 private:
  std::vector<Copy> started_;
  uint32_t group_ = 0;  ///< of the next copy
};

}  // namespace tailor::simt
