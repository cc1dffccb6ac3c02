// Where do the bytes of an HDF5 file come from: a file of its own, or Keras's archive (.keras)?
#pragma once

#include <string>

#include "io/file_descriptor.h"

namespace tailor::io {

class Hdf5Source {
 public:
  /// Opens the file. Weights in an archive are taken out into memory. Throws Error when there is no
  /// such file, it is of another kind, or an archive is damaged, holds no weights, or holds more
  /// than any network has.
  explicit Hdf5Source(const std::string& name);

  int descriptor() const { return file_.get(); }
  /// Whether it is a copy without a name.
  bool in_memory() const { return in_memory_; }

 private:
  FileDescriptor file_;
  bool in_memory_ = false;
};

}  // namespace tailor::io
