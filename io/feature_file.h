// FEATURES.h5: what a backbone says about photos, one row each (docs/model-file.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tailor::io {

struct Features {
  std::string architecture;          ///< the network they came from: "resnet50"
  int64_t dimension = 0;             ///< d
  std::vector<float> values;         ///< [n, d]
  std::vector<std::string> paths;    ///< [n]
  std::vector<int64_t> labels;       ///< [n], into `classes`; -1 for a photo without a class
  std::vector<std::string> classes;  ///< empty when the photos had none
};

/// Written aside, synced and renamed. Throws Error when the file cannot be written or the lengths
/// do not fit.
void write_features(const std::filesystem::path& path, const Features& features);

/// Throws Error naming the file when it is not one that write_features wrote.
Features read_features(const std::filesystem::path& path);

/// What read_features would give, without the rows.
struct FeaturesSummary {
  std::string architecture;
  int64_t photos = 0;
  int64_t dimension = 0;
  std::vector<std::string> classes;
};
FeaturesSummary summarize_features(const std::filesystem::path& path);

/// Whether the file is one that write_features wrote. Throws Error when it is no HDF5 file.
bool is_feature_file(const std::filesystem::path& path);

}  // namespace tailor::io
