#include "io/import_program/hdf5_file.h"

#include <array>
#include <cstring>
#include <new>
#include <set>

#include "io/hdf5_handle.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

constexpr uint64_t kMaxElements = uint64_t{1} << 40;  // beyond every network, within int64 bytes
constexpr uint64_t kMaxStringBytes = uint64_t{1} << 30;

std::string type_name(hid_t type) {
  const size_t bits = 8 * H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      return fmt::format("float{}", bits);
    case H5T_INTEGER:
      return fmt::format("{}int{}", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", bits);
    case H5T_STRING:
      return "string";
    case H5T_COMPOUND:
      return "compound";
    case H5T_ENUM:
      return "enum";
    default:
      return "a type without numbers";
  }
}

struct NumberType {
  std::string_view name;
  DType dtype;
  hid_t in_memory;
  hid_t little_endian;
};

const NumberType* find_number_type(std::string_view name) {
  static const std::array<NumberType, 6> types{{
      {"float32", DType::f32, H5T_NATIVE_FLOAT, H5T_IEEE_F32LE},
      {"float64", DType::f64, H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE},
      {"uint8", DType::u8, H5T_NATIVE_UINT8, H5T_STD_U8LE},
      {"int8", DType::i8, H5T_NATIVE_INT8, H5T_STD_I8LE},
      {"int32", DType::i32, H5T_NATIVE_INT32, H5T_STD_I32LE},
      {"int64", DType::i64, H5T_NATIVE_INT64, H5T_STD_I64LE},
  }};
  for (const NumberType& type : types) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

struct Link {
  std::string name;
  H5L_type_t type;
  haddr_t address;
};

/// The links of one group, in the order of their names.
std::optional<std::vector<Link>> links_of(hid_t group) {
  std::vector<Link> links;
  const auto add = [](hid_t, const char* name, const H5L_info_t* info, void* out) -> herr_t {
    try {  // an exception must not pass through libhdf5
      const haddr_t address = info->type == H5L_TYPE_HARD ? info->u.address : HADDR_UNDEF;
      static_cast<std::vector<Link>*>(out)->push_back({name, info->type, address});
      return 0;
    } catch (const std::bad_alloc&) {
      return -1;
    }
  };
  if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &links) < 0) return std::nullopt;
  return links;
}

std::string_view link_kind(H5L_type_t type) {
  if (type == H5L_TYPE_SOFT) return "a soft link";
  if (type == H5L_TYPE_EXTERNAL) return "an external link";
  return "a user-defined link";
}

/// The strings of a data set or attribute of string type; nothing when libhdf5 fails.
/// read(memory type, buffer) fills the buffer.
template <class Read>
std::optional<std::vector<std::string>> strings_of(hid_t type, hid_t space, const Read& read) {
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  const size_t size = H5Tget_size(type);
  if (count < 0 || size == 0 || static_cast<uint64_t>(count) > kMaxStringBytes / size) {
    return std::nullopt;
  }
  std::vector<std::string> strings(static_cast<size_t>(count));
  if (H5Tis_variable_str(type) > 0) {
    struct Pointers {  // libhdf5 allocates each string, and must free it
      hid_t type, space;
      std::vector<char*> at;
      ~Pointers() { H5Dvlen_reclaim(type, space, H5P_DEFAULT, at.data()); }
    } pointers{type, space, std::vector<char*>(strings.size())};
    if (!read(type, pointers.at.data())) return std::nullopt;
    for (size_t i = 0; i < strings.size(); ++i) {
      if (pointers.at[i] != nullptr) strings[i] = pointers.at[i];
    }
    return strings;
  }
  std::vector<char> characters(strings.size() * size);
  if (!read(type, characters.data())) return std::nullopt;
  const bool space_padded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
  for (size_t i = 0; i < strings.size(); ++i) {
    const char* begin = characters.data() + i * size;
    strings[i].assign(begin, strnlen(begin, size));
    if (space_padded) strings[i].erase(strings[i].find_last_not_of(' ') + 1);
  }
  return strings;
}

}  // namespace

struct Hdf5File::File {
  std::string name;
  Hdf5Handle handle;
  std::map<std::string, Hdf5Dataset> datasets;

  explicit File(std::string shown) : name(std::move(shown)) {}

  [[noreturn]] void damaged(const std::string& detail) const {
    throw Error(
        "{}: expected a whole HDF5 file, got a damaged one: {} (try to copy or download it "
        "again)",
        name, detail);
  }

  void open(int descriptor, bool in_memory) {
    const std::string path = fmt::format("/proc/self/fd/{}", descriptor);
    const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_file_locking(access.get(), false, true);  // others may read it, on any file system
    // libhdf5's usual driver asks for the real name, which a file in memory has not.
    if (in_memory) H5Pset_fapl_stdio(access.get());
    handle = Hdf5Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose);
    if (!handle) damaged(hdf5_error());
  }

  void list() {
    std::vector<std::string> groups{""};
    std::set<haddr_t> seen;
    while (!groups.empty()) {
      const std::string group = std::move(groups.back());
      groups.pop_back();
      const Hdf5Handle opened = open_object(group);
      const auto links = links_of(opened.get());
      if (!links) damaged(hdf5_error());
      for (const Link& link : *links) {
        const std::string path = group.empty() ? link.name : group + "/" + link.name;
        if (link.type != H5L_TYPE_HARD) {
          throw Error("{}: expected tensors in the file itself, got {} at '{}'", name,
                      link_kind(link.type), path);
        }
        const Hdf5Handle object = open_object(path);
        const H5I_type_t type = H5Iget_type(object.get());
        if (type == H5I_DATASET) datasets.emplace(path, describe(object.get(), path));
        if (type != H5I_GROUP) continue;
        if (!seen.insert(link.address).second) damaged("group '" + path + "' is there twice");
        groups.push_back(path);
      }
    }
  }

  Hdf5Handle open_object(const std::string& path) const {
    Hdf5Handle object(H5Oopen(handle.get(), path.empty() ? "/" : path.c_str(), H5P_DEFAULT),
                      H5Oclose);
    if (!object) damaged(hdf5_error());
    return object;
  }

  Hdf5Dataset describe(hid_t dataset, const std::string& path) const {
    const Hdf5Handle type(H5Dget_type(dataset), H5Tclose);
    const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
    const Hdf5Handle creation(H5Dget_create_plist(dataset), H5Pclose);
    if (!type || !space || !creation) damaged(hdf5_error());
    const H5D_layout_t layout = H5Pget_layout(creation.get());
    if (layout == H5D_VIRTUAL || H5Pget_external_count(creation.get()) > 0) {
      throw Error("{}: expected tensors in the file itself, got {} at '{}'", name,
                  layout == H5D_VIRTUAL ? "a virtual data set" : "data in another file", path);
    }

    Hdf5Dataset result;
    result.type = type_name(type.get());
    result.shape = shape_of(space.get(), path);
    bool is_ours = false;  // bytes in the file are those in memory
    if (is_bfloat16(dataset, type.get(), path)) {
      result.type = "bfloat16";
      result.dtype = DType::bf16;
      is_ours = true;
    } else if (const NumberType* number = find_number_type(result.type)) {
      result.dtype = number->dtype;
      is_ours = H5Tequal(type.get(), number->little_endian) > 0;
    }
    if (layout == H5D_CONTIGUOUS && is_ours) {
      const haddr_t offset = H5Dget_offset(dataset);
      if (offset != HADDR_UNDEF) result.offset = offset;
    }
    return result;
  }

  /// The strings of an object's attribute; nothing when there is none of this name and kind.
  std::optional<std::vector<std::string>> attribute(hid_t object, const std::string& path,
                                                    const std::string& attribute) const {
    const Hdf5Handle found(H5Aopen(object, attribute.c_str(), H5P_DEFAULT), H5Aclose);
    if (!found) return std::nullopt;
    const Hdf5Handle type(H5Aget_type(found.get()), H5Tclose);
    const Hdf5Handle space(H5Aget_space(found.get()), H5Sclose);
    if (H5Sget_simple_extent_npoints(space.get()) == 0) return std::vector<std::string>();
    if (H5Tget_class(type.get()) != H5T_STRING) return std::nullopt;
    auto strings = strings_of(type.get(), space.get(), [&](hid_t in_memory, void* buffer) {
      return H5Aread(found.get(), in_memory, buffer) >= 0;
    });
    if (!strings) damaged(fmt::format("attribute '{}' of '/{}'", attribute, path));
    return strings;
  }

  /// Keras 3 stores bfloat16 as two opaque bytes and says so in an attribute.
  bool is_bfloat16(hid_t dataset, hid_t type, const std::string& path) const {
    if (H5Tget_class(type) != H5T_OPAQUE || H5Tget_size(type) != 2) return false;
    const auto dtype = attribute(dataset, path, "dtype");
    return dtype && dtype->size() == 1 && dtype->front() == "bfloat16";
  }

  Shape shape_of(hid_t space, const std::string& path) const {
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 0) damaged(hdf5_error());
    if (rank == 0) return {1};
    if (rank > Shape::kMaxRank) {
      throw Error("{}: expected at most {} dimensions, got {} at '{}'", name, Shape::kMaxRank, rank,
                  path);
    }
    std::array<hsize_t, Shape::kMaxRank> extents{};
    H5Sget_simple_extent_dims(space, extents.data(), nullptr);
    std::array<int64_t, Shape::kMaxRank> shape{};
    uint64_t count = 1;
    for (int i = 0; i < rank; ++i) {
      const hsize_t extent = extents[static_cast<size_t>(i)];
      if (extent != 0 && count > kMaxElements / extent) damaged("'" + path + "' is impossibly big");
      count *= extent;
      shape[static_cast<size_t>(i)] = static_cast<int64_t>(extent);
    }
    return Shape(std::span<const int64_t>(shape.data(), static_cast<size_t>(rank)));
  }
};

Hdf5File::Hdf5File(int descriptor, bool in_memory, const std::string& name)
    : file_(std::make_unique<File>(name)) {
  const Hdf5Quiet quiet;
  file_->open(descriptor, in_memory);
  file_->list();
}

Hdf5File::~Hdf5File() {
  const Hdf5Quiet quiet;
  file_.reset();
}

const std::map<std::string, Hdf5Dataset>& Hdf5File::datasets() const { return file_->datasets; }

void Hdf5File::read(const std::string& dataset, std::span<std::byte> out) const {
  const Hdf5Quiet quiet;
  const Hdf5Dataset& known = file_->datasets.at(dataset);
  const Hdf5Handle opened = file_->open_object(dataset);
  if (H5Dget_storage_size(opened.get()) == 0) {
    throw Error("{}: expected numbers at '{}', got a data set that was never filled", file_->name,
                dataset);
  }
  const Hdf5Handle in_file(H5Dget_type(opened.get()), H5Tclose);
  const NumberType* number = find_number_type(known.type);
  const hid_t type =
      number != nullptr ? number->in_memory : in_file.get();  // bfloat16 has no other
  if (H5Dread(opened.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out.data()) < 0) {
    file_->damaged(fmt::format("'{}': {}", dataset, hdf5_error()));
  }
}

std::vector<std::string> Hdf5File::read_strings(const std::string& dataset) const {
  const Hdf5Quiet quiet;
  const Hdf5Handle opened = file_->open_object(dataset);
  const Hdf5Handle type(H5Dget_type(opened.get()), H5Tclose);
  const Hdf5Handle space(H5Dget_space(opened.get()), H5Sclose);
  auto strings = strings_of(type.get(), space.get(), [&](hid_t in_memory, void* buffer) {
    return H5Dread(opened.get(), in_memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer) >= 0;
  });
  if (!strings) file_->damaged(fmt::format("'{}': {}", dataset, hdf5_error()));
  return *std::move(strings);
}

std::optional<std::vector<std::string>> Hdf5File::strings(const std::string& group,
                                                          const std::string& attribute) const {
  const Hdf5Quiet quiet;
  return file_->attribute(file_->open_object(group).get(), group, attribute);
}

std::optional<double> Hdf5File::number(const std::string& group,
                                       const std::string& attribute) const {
  const Hdf5Quiet quiet;
  const Hdf5Handle opened = file_->open_object(group);
  const Hdf5Handle found(H5Aopen(opened.get(), attribute.c_str(), H5P_DEFAULT), H5Aclose);
  if (!found) return std::nullopt;
  const Hdf5Handle space(H5Aget_space(found.get()), H5Sclose);
  double value = 0;
  if (H5Sget_simple_extent_npoints(space.get()) != 1 ||
      H5Aread(found.get(), H5T_NATIVE_DOUBLE, &value) < 0) {
    return std::nullopt;
  }
  return value;
}

}  // namespace tailor::io
