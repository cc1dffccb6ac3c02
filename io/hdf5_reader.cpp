#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "io/hdf5.h"
#include "io/hdf5_source.h"
#include "io/import_process.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

using nlohmann::json;

constexpr int64_t kMostElements = int64_t{1} << 40;  // beyond every network, within int64 bytes

/// The program that tells this has read a file that nobody trusts, so nor is what it tells.
[[noreturn]] void throw_nonsense(const std::string& name) {
  throw Error("{}: damaged HDF5 file: what it says of itself makes no sense", name);
}

Shape shape_from(const json& told, const std::string& name) {
  const auto extents = told.get<std::vector<int64_t>>();
  int64_t count = 1;
  for (const int64_t extent : extents) {
    if (extent < 0 || (extent > 0 && count > kMostElements / extent)) throw_nonsense(name);
    count *= extent;
  }
  if (extents.size() > Shape::kMaxRank) throw_nonsense(name);
  return Shape(extents);
}

Hdf5Dataset dataset_from(const json& told, const std::string& name) {
  Hdf5Dataset dataset{.type = told.at("type"),
                      .dtype = std::nullopt,
                      .shape = shape_from(told.at("shape"), name),
                      .offset = std::nullopt};
  if (told.at("dtype").is_null()) return dataset;
  const int dtype = told.at("dtype");
  if (dtype < 0 || dtype > static_cast<int>(DType::i64)) throw_nonsense(name);
  dataset.dtype = static_cast<DType>(dtype);
  if (!told.at("offset").is_null()) dataset.offset = told.at("offset").get<uint64_t>();
  return dataset;
}

}  // namespace

struct Hdf5Reader::File {
  std::string name;
  Hdf5Source source;
  mutable ImportProcess process;
  std::map<std::string, Hdf5Dataset> datasets;

  explicit File(const std::filesystem::path& path)
      : name(path.string()), source(name), process(source, name) {
    const json told = process.ask({{"what", "datasets"}});
    try {
      for (const auto& [dataset, description] : told.items()) {
        datasets.emplace(dataset, dataset_from(description, name));
      }
    } catch (const json::exception&) {
      throw_nonsense(name);
    }
  }

  /// The answer as a T; nothing for null.
  template <class T>
  std::optional<T> ask(const json& request) const {
    const json answer = process.ask(request);
    if (answer.is_null()) return std::nullopt;
    try {
      return answer.get<T>();
    } catch (const json::exception&) {
      throw_nonsense(name);
    }
  }

  void read_contiguous(uint64_t offset, std::span<std::byte> out,
                       const std::string& dataset) const {
    const ssize_t n = read_at(source.descriptor(), offset, out);
    if (n < 0)
      throw Error("{}: expected to read '{}', got '{}'", name, dataset, std::strerror(errno));
    if (static_cast<size_t>(n) < out.size()) {
      throw Error(
          "{}: expected a whole HDF5 file, got a damaged one: the file ends within '{}' (try to "
          "copy or download it again)",
          name, dataset);
    }
  }
};

Hdf5Reader::Hdf5Reader(const std::filesystem::path& path) : file_(std::make_unique<File>(path)) {}

Hdf5Reader::~Hdf5Reader() = default;

const std::string& Hdf5Reader::name() const { return file_->name; }

std::string Hdf5Reader::container() const {
  return file_->source.in_memory() ? "HDF5 in a .keras archive" : "HDF5";
}

const std::map<std::string, Hdf5Dataset>& Hdf5Reader::datasets() const { return file_->datasets; }

void Hdf5Reader::read(const std::string& dataset, std::span<std::byte> out) const {
  const Hdf5Dataset& known = file_->datasets.at(dataset);
  if (known.offset) return file_->read_contiguous(*known.offset, out, dataset);
  if (!out.empty()) file_->process.read(dataset, out);
}

std::vector<std::string> Hdf5Reader::read_strings(const std::string& dataset) const {
  const json request = {{"what", "strings"}, {"dataset", dataset}};
  return file_->ask<std::vector<std::string>>(request).value_or(std::vector<std::string>());
}

std::optional<std::vector<std::string>> Hdf5Reader::strings(const std::string& group,
                                                            const std::string& attribute) const {
  return file_->ask<std::vector<std::string>>(
      {{"what", "text"}, {"group", group}, {"attribute", attribute}});
}

std::optional<double> Hdf5Reader::number(const std::string& group,
                                         const std::string& attribute) const {
  return file_->ask<double>({{"what", "number"}, {"group", group}, {"attribute", attribute}});
}

}  // namespace tailor::io
