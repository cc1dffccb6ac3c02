// Where do the bytes of an HDF5 file come from: a file of its own, or Keras's archive (.keras)?
// Only hdf5_reader.cpp includes this.
#pragma once

#include <string>
#include <string_view>

#include "io/file_descriptor.h"

namespace tailor::io {

class Hdf5Source {
 public:
  /// Opens the file. Weights in an archive are taken out into memory. Throws Error when there is no
  /// such file, or an archive is damaged, holds no weights, or holds more than any network has.
  explicit Hdf5Source(const std::string& name);

  /// By which other libraries open it, as long as this object lives.
  const std::string& path() const { return path_; }
  int descriptor() const { return file_.get(); }
  /// Whether it is a copy without a name.
  bool in_memory() const { return in_memory_; }
  /// What a file that is not HDF5 seems to be.
  std::string_view kind() const;

 private:
  FileDescriptor file_;
  std::string path_;
  bool in_memory_ = false;
};

}  // namespace tailor::io
