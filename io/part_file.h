// The unfinished file beside one that is being fetched, which one process at a time may fill.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "io/file_descriptor.h"

namespace tailor::io {

/// "<file>.part". What is in it stays there for the next time, unless it is empty or discarded.
/// All but try_lock need the lock, which lasts until the end of the object's life. Throws Error
/// when the folder or the disk refuse.
class PartFile {
 public:
  explicit PartFile(std::filesystem::path file);
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  /// Makes the part unless it is there. False while another process holds it.
  bool try_lock();
  /// Bytes so far.
  int64_t size() const { return size_; }
  void append(std::span<const char> bytes);
  void clear();
  /// Removes the part: what it holds is of no use.
  void discard();
  /// Gives the part the file's name, synced: the file is complete.
  void finish();

  const std::filesystem::path& path() const { return path_; }

 private:
  void check(bool good) const;
  void unlock();

  std::filesystem::path file_;
  std::filesystem::path path_;
  FileDescriptor lock_;  ///< open while locked
  int64_t size_ = 0;
};

}  // namespace tailor::io
