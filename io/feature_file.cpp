#include "io/feature_file.h"

#include <algorithm>
#include <span>

#include "io/hdf5.h"
#include "io/replace_file.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

constexpr std::string_view kFormat = "tailor features";

bool is_features(const Hdf5Reader& file) {
  const auto format = file.strings("", "format");
  return format && format->size() == 1 && format->front() == kFormat;
}

/// The data set's shape. Throws Error when it is not of this type and rank.
Shape expect(const Hdf5Reader& file, const std::string& name, std::string_view type, int rank) {
  const auto found = file.datasets().find(name);
  if (found == file.datasets().end() || found->second.type != type ||
      found->second.shape.rank() != rank) {
    throw Error(
        "{}: expected '{}' of type {} with {} dimensions, got {}", file.name(), name, type, rank,
        found == file.datasets().end() ? "none"
                                       : found->second.type + " " + to_string(found->second.shape));
  }
  return found->second.shape;
}

FeaturesSummary summarize(const Hdf5Reader& file) {
  if (!is_features(file)) {
    throw Error("{}: expected a file that 'tailor features' wrote, got another HDF5 file",
                file.name());
  }
  const Shape rows = expect(file, "features", "float32", 2);
  const Shape paths = expect(file, "paths", "string", 1);
  const Shape labels = expect(file, "labels", "int64", 1);
  expect(file, "classes", "string", 1);
  if (paths[0] != rows[0] || labels[0] != rows[0]) {
    throw Error("{}: expected a path and a label for each of {} rows, got {} and {}", file.name(),
                rows[0], paths[0], labels[0]);
  }
  FeaturesSummary summary{.photos = rows[0], .dimension = rows[1]};
  const auto architecture = file.strings("", "architecture");
  if (architecture && architecture->size() == 1) summary.architecture = architecture->front();
  summary.classes = file.read_strings("classes");
  return summary;
}

}  // namespace

void write_features(const std::filesystem::path& path, const Features& features) {
  const auto n = static_cast<int64_t>(features.paths.size());
  if (static_cast<int64_t>(features.labels.size()) != n ||
      static_cast<int64_t>(features.values.size()) != n * features.dimension) {
    throw Error("{}: expected {} labels and {} values for {} photos, got {} and {}", path.string(),
                n, n * features.dimension, n, features.labels.size(), features.values.size());
  }
  replace_file(path, [&](const std::filesystem::path& part) {
    Hdf5Writer file(part);
    file.set("", "format", kFormat);
    file.set("", "architecture", features.architecture);
    file.write("features", {n, features.dimension}, std::span<const float>(features.values));
    file.write_strings("paths", features.paths);
    file.write("labels", {n}, std::span<const int64_t>(features.labels));
    file.write_strings("classes", features.classes);
    file.close();
  });
}

Features read_features(const std::filesystem::path& path) {
  const Hdf5Reader file(path);
  FeaturesSummary summary = summarize(file);
  Features features{.architecture = std::move(summary.architecture),
                    .dimension = summary.dimension,
                    .classes = std::move(summary.classes)};
  const auto n = static_cast<size_t>(summary.photos);
  features.values.resize(n * static_cast<size_t>(features.dimension));
  file.read("features", std::as_writable_bytes(std::span(features.values)));
  features.paths = file.read_strings("paths");
  features.labels.resize(n);
  file.read("labels", std::as_writable_bytes(std::span(features.labels)));
  const auto classes = static_cast<int64_t>(features.classes.size());
  const auto bad = std::find_if(features.labels.begin(), features.labels.end(),
                                [&](int64_t label) { return label < -1 || label >= classes; });
  if (bad != features.labels.end()) {
    throw Error("{}: expected labels from -1 to {}, got {}", file.name(), classes - 1, *bad);
  }
  return features;
}

FeaturesSummary summarize_features(const std::filesystem::path& path) {
  return summarize(Hdf5Reader(path));
}

bool is_feature_file(const std::filesystem::path& path) { return is_features(Hdf5Reader(path)); }

}  // namespace tailor::io
