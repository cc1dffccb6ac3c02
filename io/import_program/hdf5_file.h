// What an HDF5 file holds, by libhdf5. Only tailor-import reads files with this.
#pragma once

#include "io/hdf5.h"

namespace tailor::io {

/// Hdf5Reader describes each of these; messages begin with `name`.
class Hdf5File {
 public:
  /// in_memory: the file has no name.
  Hdf5File(int descriptor, bool in_memory, const std::string& name);
  ~Hdf5File();

  const std::map<std::string, Hdf5Dataset>& datasets() const;
  void read(const std::string& dataset, std::span<std::byte> out) const;
  std::vector<std::string> read_strings(const std::string& dataset) const;
  std::optional<std::vector<std::string>> strings(const std::string& group,
                                                  const std::string& attribute) const;
  std::optional<double> number(const std::string& group, const std::string& attribute) const;

 private:
  struct File;
  std::unique_ptr<File> file_;
};

}  // namespace tailor::io
