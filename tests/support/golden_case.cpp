#include "tests/support/golden_case.h"

#include <hdf5.h>

#include <span>

#include "io/hdf5.h"

namespace tailor::test {

namespace {

/// Without locks, as the reader opens it: HDF5 refuses to open one file in two ways.
hid_t open_unlocked(const std::filesystem::path& path) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_file_locking(access, false, true);
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access);
  H5Pclose(access);
  return id;
}

}  // namespace

struct GoldenCase::File {
  explicit File(const std::filesystem::path& path) : reader(path), id(open_unlocked(path)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { H5Fclose(id); }

  io::Hdf5Reader reader;
  hid_t id;  ///< attributes that are arrays of numbers are read here, which only tests need
};

GoldenCase::GoldenCase(const std::filesystem::path& file, std::string group)
    : file_(std::make_unique<File>(file)), group_(std::move(group)) {}

GoldenCase::~GoldenCase() = default;

std::vector<std::string> GoldenCase::groups(const std::filesystem::path& file) {
  std::vector<std::string> names;
  const io::Hdf5Reader reader(file);
  for (const auto& [name, dataset] : reader.datasets()) {
    const std::string group = name.substr(0, name.rfind('/'));
    if (names.empty() || names.back() != group) names.push_back(group);
  }
  return names;
}

bool GoldenCase::has(const std::string& dataset) const {
  return file_->reader.datasets().contains(group_ + "/" + dataset);
}

Shape GoldenCase::shape(const std::string& dataset) const {
  return file_->reader.datasets().at(group_ + "/" + dataset).shape;
}

std::vector<double> GoldenCase::values(const std::string& dataset) const {
  const std::string name = group_ + "/" + dataset;
  if (file_->reader.datasets().at(name).dtype == DType::i64) {
    const std::vector<int64_t> exact = integers(dataset);
    return {exact.begin(), exact.end()};
  }
  std::vector<double> values(static_cast<size_t>(shape(dataset).count()));
  file_->reader.read(name, std::as_writable_bytes(std::span(values)));
  return values;
}

std::vector<int64_t> GoldenCase::integers(const std::string& dataset) const {
  std::vector<int64_t> values(static_cast<size_t>(shape(dataset).count()));
  file_->reader.read(group_ + "/" + dataset, std::as_writable_bytes(std::span(values)));
  return values;
}

std::vector<double> GoldenCase::numbers(const std::string& attribute) const {
  if (H5Aexists_by_name(file_->id, group_.c_str(), attribute.c_str(), H5P_DEFAULT) <= 0) return {};
  const hid_t id =
      H5Aopen_by_name(file_->id, group_.c_str(), attribute.c_str(), H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Aget_space(id);
  std::vector<double> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space)));
  H5Aread(id, H5T_NATIVE_DOUBLE, values.data());
  H5Sclose(space);
  H5Aclose(id);
  return values;
}

double GoldenCase::number(const std::string& attribute, double otherwise) const {
  const std::vector<double> all = numbers(attribute);
  return all.empty() ? otherwise : all.front();
}

}  // namespace tailor::test
