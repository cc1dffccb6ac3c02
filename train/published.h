// Which weights are published, and how do they get here?
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "train/console.h"
#include "train/features.h"

namespace tailor::train {

/// $XDG_CACHE_HOME/tailor, or ~/.cache/tailor where that is not set or not absolute (XDG Base
/// Directory Specification 0.8). Throws Error when there is no home either.
std::filesystem::path cache_folder();

struct PublishedFile {
  std::string name;
  std::string md5;
  std::optional<int64_t> size;  ///< bytes, where we know them
};

/// The file in the cache, fetched first unless it is there: from Keras's address, or the one that
/// the environment variable TAILOR_WEIGHTS_URL gives. Throws Error that says how to do without,
/// io::DownloadStopped when `stop` says so.
std::filesystem::path fetch_published(const PublishedFile& file, const Console& console,
                                      const Stop& stop);

/// The weights for ImageNet that Keras publishes for `model`. Where no head is needed, a file in
/// the cache may have one. Throws as fetch_published does, and Error for networks that Keras does
/// not know.
std::filesystem::path imagenet_weights(const std::string& model, bool with_head,
                                       const Console& console, const Stop& stop);

}  // namespace tailor::train
