// HDF5 files: what one holds, by name, and writing a new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/api/dtype.h"
#include "kernels/api/shape.h"

namespace tailor::io {

/// A data set as its file describes it.
struct Hdf5Dataset {
  std::string type;  ///< for messages: "float32", "int64", "string", "compound"
  std::optional<DType>
      dtype;    ///< nothing for types that tensors do not have; bf16 as Keras 3 has it
  Shape shape;  ///< [1] for a scalar
  /// Where the bytes lie in the file, when they lie there in one piece and in our byte order.
  std::optional<uint64_t> offset;
};

/// Reads a file that somebody else wrote. Everything that is known of the file comes through this
/// class, so that it can be asked of another process. One thread uses it at a time.
class Hdf5Reader {
 public:
  /// Lists the file: HDF5, or Keras's archive (.keras) with one in it. Throws Error naming the file
  /// when it is not there, is neither, is damaged, or holds soft or external links, virtual data
  /// sets or data in other files: what such names stand for is not in the file.
  explicit Hdf5Reader(const std::filesystem::path& path);
  ~Hdf5Reader();

  /// The file's name, for messages.
  const std::string& name() const;
  /// What the HDF5 file is in, for people: "HDF5", "HDF5 in a .keras archive".
  std::string container() const;
  /// By path without the leading slash: "conv1/conv1_W:0".
  const std::map<std::string, Hdf5Dataset>& datasets() const;

  /// The elements of a data set in C order. `out` has its size in bytes. Throws Error when the file
  /// is too short or a compressed part is damaged.
  void read(const std::string& dataset, std::span<std::byte> out) const;
  std::vector<std::string> read_strings(const std::string& dataset) const;

  /// An attribute of a group ("" is the root); nothing when there is none of this name and kind. An
  /// empty attribute of any type is an empty list of strings.
  std::optional<std::vector<std::string>> strings(const std::string& group,
                                                  const std::string& attribute) const;
  std::optional<double> number(const std::string& group, const std::string& attribute) const;

 private:
  struct File;
  std::unique_ptr<File> file_;
};

/// Writes a new file; equal calls give equal bytes. Groups on the way to a name are made. Throws
/// Error naming the file when it cannot be written.
class Hdf5Writer {
 public:
  explicit Hdf5Writer(const std::filesystem::path& path);
  ~Hdf5Writer();

  void write(const std::string& dataset, DType dtype, const Shape& shape,
             std::span<const std::byte> values);
  template <class T>
  void write(const std::string& dataset, const Shape& shape, std::span<const T> values) {
    write(dataset, kDType<T>, shape, std::as_bytes(values));
  }
  void write_strings(const std::string& dataset, std::span<const std::string> values);

  /// An attribute of a group, which is made ("" is the root).
  void set(const std::string& group, const std::string& attribute, std::string_view value);
  void set(const std::string& group, const std::string& attribute, double value);
  void set(const std::string& group, const std::string& attribute, int64_t value);
  /// Strings of one length, padded with zeros, as h5py writes its own; there must be one at least.
  void set(const std::string& group, const std::string& attribute,
           std::span<const std::string> values);

  /// Everything is in the file when this returns.
  void close();

 private:
  struct File;
  std::unique_ptr<File> file_;
};

}  // namespace tailor::io
