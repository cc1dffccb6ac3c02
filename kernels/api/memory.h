// The memory of a device: handed out, copied, counted.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace tailor {

/// In bytes.
struct MemoryCounters {
  size_t live = 0;    ///< handed out now
  size_t peak = 0;    ///< the most that ever were (since reset_peak)
  size_t cached = 0;  ///< given back, and kept for the next who asks for as many
};

/// Thread-safe. Sizes are in bytes; addresses are aligned to 64.
class Memory {
 public:
  Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  virtual ~Memory() = default;

  /// Throws Error when there is not enough, naming what was asked and what is live.
  virtual void* allocate(size_t bytes) = 0;
  virtual void release(void* data, size_t bytes) noexcept = 0;

  virtual void copy(void* to, const void* from, size_t bytes) = 0;
  virtual void copy_from_host(void* to, const void* from, size_t bytes) = 0;
  virtual void copy_to_host(void* to, const void* from, size_t bytes) = 0;
  virtual void zero(void* data, size_t bytes) = 0;

  virtual MemoryCounters counters() const = 0;
  virtual void reset_peak() = 0;
};

/// A piece of a device's memory, released with its owner.
class Buffer {
 public:
  Buffer() = default;
  Buffer(std::shared_ptr<Memory> memory, size_t bytes)
      : memory_(std::move(memory)), data_(memory_->allocate(bytes)), bytes_(bytes) {}
  Buffer(Buffer&& other) noexcept
      : memory_(std::move(other.memory_)),
        data_(std::exchange(other.data_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    if (data_ != nullptr) memory_->release(data_, bytes_);
  }

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<Memory> memory_;
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace tailor
