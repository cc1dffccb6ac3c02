#include "tests/fuzz/described_hdf5.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>
#include <vector>

#include "io/hdf5_handle.h"

namespace tailor::test {
namespace {

using io::Hdf5Handle;
using Words = std::vector<std::string>;

constexpr size_t kMostElements = size_t{1} << 16;  // that are filled; an empty one may be any size

Hdf5Handle copy_of(hid_t type) { return {H5Tcopy(type), H5Tclose}; }

Hdf5Handle text_type(size_t size) {
  Hdf5Handle type = copy_of(H5T_C_S1);
  H5Tset_size(type.get(), size);
  return type;
}

Hdf5Handle type_named(std::string_view name) {
  if (name == "f64") return copy_of(H5T_IEEE_F64LE);
  if (name == "u8") return copy_of(H5T_STD_U8LE);
  if (name == "i8") return copy_of(H5T_STD_I8LE);
  if (name == "i32") return copy_of(H5T_STD_I32LE);
  if (name == "i64") return copy_of(H5T_STD_I64LE);
  if (name == "big") return copy_of(H5T_IEEE_F32BE);
  if (name == "bf16") return {H5Tcreate(H5T_OPAQUE, 2), H5Tclose};
  if (name == "opaque") return {H5Tcreate(H5T_OPAQUE, 3), H5Tclose};
  if (name == "f16") {
    Hdf5Handle half = copy_of(H5T_IEEE_F32LE);
    H5Tset_fields(half.get(), 15, 10, 5, 0, 10);
    H5Tset_size(half.get(), 2);
    H5Tset_ebias(half.get(), 15);
    return half;
  }
  if (name == "compound") {
    Hdf5Handle pair(H5Tcreate(H5T_COMPOUND, 8), H5Tclose);
    H5Tinsert(pair.get(), "a", 0, H5T_IEEE_F32LE);
    H5Tinsert(pair.get(), "b", 4, H5T_STD_I32LE);
    return pair;
  }
  if (name == "enum") {
    const int zero = 0;
    Hdf5Handle one_name(H5Tenum_create(H5T_STD_I32LE), H5Tclose);
    H5Tenum_insert(one_name.get(), "zero", &zero);
    return one_name;
  }
  return copy_of(H5T_IEEE_F32LE);
}

Hdf5Handle space_of(const std::vector<hsize_t>& extents) {
  if (extents.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  return {H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose};
}

/// The words one after the other, each padded with zeros to the longest one's length.
std::string padded(const Words& words, size_t& longest) {
  longest = 1;
  for (const std::string& word : words) longest = std::max(longest, word.size());
  std::string all;
  for (const std::string& word : words) all += word + std::string(longest - word.size(), '\0');
  return all;
}

/// An element's bits are a number of every type, and not a large one.
std::vector<float> numbers(size_t count, bool nan) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i % 7) / 8;
  if (nan && count > 0) values.back() = std::numeric_limits<float>::quiet_NaN();
  return values;
}

class DescribedFile {
 public:
  explicit DescribedFile(const std::filesystem::path& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose),
        make_parents_(H5Pcreate(H5P_LINK_CREATE), H5Pclose) {
    H5Pset_create_intermediate_group(make_parents_.get(), 1);
  }

  void add(const Words& line) {
    const std::string_view what = line[0];
    const std::string& path = line[1];
    const Words rest(line.begin() + 2, line.end());
    if (what == "group") add_group(path);
    if (what == "set" && rest.size() >= 2)
      set(path, rest[0], rest[1], {rest.begin() + 2, rest.end()});
    if (what == "data" && !rest.empty()) add_numbers(path, rest);
    if (what == "strings") add_strings(path, rest);
    if (what == "soft" && !rest.empty()) {
      H5Lcreate_soft(rest[0].c_str(), file_.get(), path.c_str(), make_parents_.get(), H5P_DEFAULT);
    }
    if (what == "hard" && !rest.empty()) {
      H5Lcreate_hard(file_.get(), rest[0].c_str(), file_.get(), path.c_str(), make_parents_.get(),
                     H5P_DEFAULT);
    }
    if (what == "external" && rest.size() >= 2) {
      H5Lcreate_external(rest[0].c_str(), rest[1].c_str(), file_.get(), path.c_str(),
                         make_parents_.get(), H5P_DEFAULT);
    }
    if (what == "virtual" || what == "elsewhere") add_absent(path, what == "virtual");
  }

 private:
  void add_group(const std::string& path) {
    const Hdf5Handle made(
        H5Gcreate2(file_.get(), path.c_str(), make_parents_.get(), H5P_DEFAULT, H5P_DEFAULT),
        H5Gclose);
  }

  Hdf5Handle create(const std::string& path, const Hdf5Handle& type, const Hdf5Handle& space,
                    const Hdf5Handle& how) {
    return {H5Dcreate2(file_.get(), path.c_str(), type.get(), space.get(), make_parents_.get(),
                       how ? how.get() : H5P_DEFAULT, H5P_DEFAULT),
            H5Dclose};
  }

  void set(const std::string& path, const std::string& name, std::string_view kind,
           const Words& values) {
    if (H5Lexists(file_.get(), path.c_str(), H5P_DEFAULT) <= 0 && path != "/") add_group(path);
    const Hdf5Handle object(H5Oopen(file_.get(), path.c_str(), H5P_DEFAULT), H5Oclose);
    if (!object) return;
    const Hdf5Handle space = space_of(kind == "empty"      ? std::vector<hsize_t>{0}
                                      : values.size() == 1 ? std::vector<hsize_t>{}
                                                           : std::vector<hsize_t>{values.size()});
    if (kind == "strings") {
      size_t longest = 0;
      const std::string all = padded(values, longest);
      write_attribute(object, name, text_type(longest), space, all.data());
    } else if (kind == "vlen") {
      std::vector<const char*> pointers;
      for (const std::string& value : values) pointers.push_back(value.c_str());
      write_attribute(object, name, text_type(H5T_VARIABLE), space, pointers.data());
    } else if (kind == "i64") {
      std::vector<int64_t> integers;
      for (const std::string& v : values) integers.push_back(std::strtoll(v.c_str(), nullptr, 10));
      write_attribute(object, name, copy_of(H5T_NATIVE_INT64), space, integers.data());
    } else {
      std::vector<float> reals;
      for (const std::string& value : values) reals.push_back(std::strtof(value.c_str(), nullptr));
      write_attribute(object, name, copy_of(H5T_NATIVE_FLOAT), space, reals.data());
    }
  }

  static void write_attribute(const Hdf5Handle& object, const std::string& name,
                              const Hdf5Handle& type, const Hdf5Handle& space, const void* values) {
    const Hdf5Handle made(
        H5Acreate2(object.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose);
    if (made && H5Sget_simple_extent_npoints(space.get()) > 0)
      H5Awrite(made.get(), type.get(), values);
  }

  void add_numbers(const std::string& path, const Words& line) {
    std::vector<hsize_t> extents;
    hsize_t count = 1;
    std::string_view last;
    for (size_t i = 1; i < line.size(); ++i) {
      last = line[i];
      if (line[i].find_first_not_of("0123456789") != std::string::npos) break;
      extents.push_back(std::strtoull(line[i].c_str(), nullptr, 10));
      count = extents.back() > kMostElements ? kMostElements + 1 : count * extents.back();
      count = std::min<hsize_t>(count, kMostElements + 1);
    }
    const Hdf5Handle space = space_of(extents);
    const Hdf5Handle how(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    if (last == "packed" && !extents.empty() && count <= kMostElements) {
      H5Pset_chunk(how.get(), static_cast<int>(extents.size()), extents.data());
      H5Pset_deflate(how.get(), 1);
    }
    const Hdf5Handle made = create(path, type_named(line[0]), space, how);
    const bool filled = last == "filled" || last == "packed" || last == "nan";
    if (!made || !filled || count > kMostElements) return;
    const std::vector<float> values = numbers(count, last == "nan");
    H5Dwrite(made.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  }

  void add_strings(const std::string& path, const Words& values) {
    std::vector<const char*> pointers;
    for (const std::string& value : values) pointers.push_back(value.c_str());
    const Hdf5Handle type = text_type(H5T_VARIABLE);
    const Hdf5Handle made = create(path, type, space_of({values.size()}), {});
    if (made) H5Dwrite(made.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data());
  }

  void add_absent(const std::string& path, bool is_virtual) {
    const Hdf5Handle space = space_of({4});
    const Hdf5Handle how(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    if (is_virtual) {
      H5Pset_virtual(how.get(), space.get(), "/etc/hostname", "x", space.get());
    } else {
      H5Pset_external(how.get(), "/etc/hostname", 0, 16);
    }
    const Hdf5Handle made = create(path, type_named("f32"), space, how);
  }

  Hdf5Handle file_;
  Hdf5Handle make_parents_;
};

Words words_of(const std::string& line) {
  std::istringstream stream(line);
  Words words;
  for (std::string word; stream >> word;) {
    std::replace(word.begin(), word.end(), '~', ' ');
    words.push_back(word);
  }
  return words;
}

void damage(const std::filesystem::path& path, const std::string& offset, const std::string& byte) {
  const size_t size = std::filesystem::file_size(path);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(std::strtoull(offset.c_str(), nullptr, 10) % size));
  file.put(static_cast<char>(std::strtol(byte.c_str(), nullptr, 10)));
}

}  // namespace

bool write_described_hdf5(const std::string& description, const std::filesystem::path& file) {
  const io::Hdf5Quiet quiet;
  std::vector<Words> damages;
  {
    DescribedFile described(file);
    std::istringstream lines(description);
    for (std::string line; std::getline(lines, line);) {
      const Words words = words_of(line);
      if (words.size() < 2) continue;
      if (words[0] == "damage" && words.size() == 3) {
        damages.push_back(words);
      } else {
        described.add(words);
      }
    }
  }
  for (const Words& words : damages) damage(file, words[1], words[2]);
  return !damages.empty();
}

}  // namespace tailor::test
