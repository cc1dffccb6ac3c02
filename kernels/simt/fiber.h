// Stacks that one host thread runs in turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tailor::simt {

/// Where a host thread, or one of its fibers, was left.
class Fiber {
 public:
  static constexpr size_t kStackBytes = size_t{64} << 10;

  /// The calling thread's own stack, to come back to.
  Fiber() = default;
  /// Will run entry(), which must not return, on `stack` of kStackBytes.
  Fiber(char* stack, void (*entry)());

  /// Leaves `from`, which is running, and goes on where `to` was left.
  static void change(Fiber& from, Fiber& to);
  /// Forgets what the fiber was doing; it will run entry() from its start. It must not be running.
  void restart();

  /// Whether the address lies on this stack.
  bool holds(uintptr_t address) const {
    return address - reinterpret_cast<uintptr_t>(stack_) < kStackBytes;
  }
  /// False when the fiber has used all of its stack and whatever lies below.
  bool intact() const;

 private:
  static void start();
  static void arrive();

  void* stack_pointer_ = nullptr;
  char* stack_ = nullptr;
  void (*entry_)() = nullptr;
  // AddressSanitizer is told where stacks are.
  [[maybe_unused]] const void* stack_bottom_ = nullptr;
  [[maybe_unused]] size_t stack_bytes_ = 0;
  [[maybe_unused]] void* fake_stack_ = nullptr;
};

/// Room for stacks, none at the same distance from a page as its neighbours: their tops would share
/// one line of the cache.
class StackRoom {
 public:
  explicit StackRoom(size_t count);
  StackRoom(const StackRoom&) = delete;
  StackRoom& operator=(const StackRoom&) = delete;
  ~StackRoom();

  char* stack(size_t index) const;

 private:
  size_t bytes_;
  char* memory_;
};

}  // namespace tailor::simt
