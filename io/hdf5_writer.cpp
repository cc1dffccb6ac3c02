#include <algorithm>

#include "io/hdf5.h"
#include "io/hdf5_handle.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

hid_t type_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return H5T_IEEE_F32LE;
    case DType::f64:
      return H5T_IEEE_F64LE;
    case DType::u8:
      return H5T_STD_U8LE;
    case DType::i8:
      return H5T_STD_I8LE;
    case DType::i32:
      return H5T_STD_I32LE;
    case DType::i64:
      return H5T_STD_I64LE;
    case DType::bf16:
      break;
  }
  throw Error("HDF5: expected a dtype that the format has, got {}", name_of(dtype));
}

Hdf5Handle string_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

}  // namespace

struct Hdf5Writer::File {
  std::string name;
  Hdf5Handle make_parents;  // link creation: groups on the way to a name are made
  Hdf5Handle without_times;
  Hdf5Handle handle;

  explicit File(const std::filesystem::path& path)
      : name(path.string()),
        make_parents(H5Pcreate(H5P_LINK_CREATE), H5Pclose),
        without_times(H5Pcreate(H5P_DATASET_CREATE), H5Pclose) {
    H5Pset_create_intermediate_group(make_parents.get(), 1);
    H5Pset_obj_track_times(without_times.get(), false);
    const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_file_locking(access.get(), false, true);
    handle =
        Hdf5Handle(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose);
    check(static_cast<bool>(handle));
  }

  void check(bool good) const {
    if (!good) throw Error("{}: expected to write it, got '{}'", name, hdf5_error());
  }

  void write(const std::string& dataset, hid_t type, const Hdf5Handle& space, const void* values) {
    const Hdf5Handle made(H5Dcreate2(handle.get(), dataset.c_str(), type, space.get(),
                                     make_parents.get(), without_times.get(), H5P_DEFAULT),
                          H5Dclose);
    check(static_cast<bool>(made));
    if (H5Sget_simple_extent_npoints(space.get()) == 0) return;
    check(H5Dwrite(made.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  }

  void set(const std::string& group, const std::string& attribute, hid_t type, const void* value,
           const Hdf5Handle& space = Hdf5Handle(H5Screate(H5S_SCALAR), H5Sclose)) {
    Hdf5Handle object;
    if (group.empty()) {
      object = Hdf5Handle(H5Gopen2(handle.get(), "/", H5P_DEFAULT), H5Gclose);
    } else if (H5Lexists(handle.get(), group.c_str(), H5P_DEFAULT) > 0) {
      object = Hdf5Handle(H5Gopen2(handle.get(), group.c_str(), H5P_DEFAULT), H5Gclose);
    } else {
      object = Hdf5Handle(
          H5Gcreate2(handle.get(), group.c_str(), make_parents.get(), H5P_DEFAULT, H5P_DEFAULT),
          H5Gclose);
    }
    check(static_cast<bool>(object));
    const Hdf5Handle made(
        H5Acreate2(object.get(), attribute.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose);
    check(made && H5Awrite(made.get(), type, value) >= 0);
  }
};

Hdf5Writer::Hdf5Writer(const std::filesystem::path& path) {
  const Hdf5Quiet quiet;
  file_ = std::make_unique<File>(path);
}

Hdf5Writer::~Hdf5Writer() {
  const Hdf5Quiet quiet;
  file_.reset();
}

void Hdf5Writer::write(const std::string& dataset, DType dtype, const Shape& shape,
                       std::span<const std::byte> values) {
  const Hdf5Quiet quiet;
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  const Hdf5Handle space(
      H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose);
  file_->write(dataset, type_of(dtype), space, values.data());
}

void Hdf5Writer::write_strings(const std::string& dataset, std::span<const std::string> values) {
  const Hdf5Quiet quiet;
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  const hsize_t count = pointers.size();
  const Hdf5Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  const Hdf5Handle type = string_type();
  file_->write(dataset, type.get(), space, pointers.data());
}

void Hdf5Writer::set(const std::string& group, const std::string& attribute,
                     std::string_view value) {
  const Hdf5Quiet quiet;
  const std::string terminated(value);
  const char* pointer = terminated.c_str();
  const Hdf5Handle type = string_type();
  file_->set(group, attribute, type.get(), &pointer);
}

void Hdf5Writer::set(const std::string& group, const std::string& attribute, double value) {
  const Hdf5Quiet quiet;
  file_->set(group, attribute, H5T_IEEE_F64LE, &value);
}

void Hdf5Writer::set(const std::string& group, const std::string& attribute, int64_t value) {
  const Hdf5Quiet quiet;
  file_->set(group, attribute, H5T_STD_I64LE, &value);
}

void Hdf5Writer::set(const std::string& group, const std::string& attribute,
                     std::span<const std::string> values) {
  const Hdf5Quiet quiet;
  size_t length = 1;
  for (const std::string& value : values) length = std::max(length, value.size());
  std::vector<char> padded(values.size() * length);
  for (size_t i = 0; i < values.size(); ++i) values[i].copy(padded.data() + i * length, length);
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), length);
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  const hsize_t count = values.size();
  file_->set(group, attribute, type.get(), padded.data(),
             Hdf5Handle(H5Screate_simple(1, &count, nullptr), H5Sclose));
}

void Hdf5Writer::close() {
  const Hdf5Quiet quiet;
  file_->check(file_->handle.close());
}

}  // namespace tailor::io
