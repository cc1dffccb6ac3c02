// A file descriptor that closes itself.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

namespace tailor::io {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  /// Somebody else closes it from here on.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// Opens a file and locks it (flock) against other processes, for as long as it is open: the file
/// that has this name then, whoever renamed or removed others meanwhile. flags: open's. Without a
/// file, and with errno, when that fails: EWOULDBLOCK when somebody else has locked it.
FileDescriptor open_locked(const std::filesystem::path& path, int flags);

/// Fills `out` with the file's bytes from `offset` on. Returns how many there were, fewer at the
/// file's end, or -1 with errno.
ssize_t read_at(int fd, uint64_t offset, std::span<std::byte> out);

}  // namespace tailor::io
