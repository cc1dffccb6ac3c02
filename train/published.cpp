#include "train/published.h"

#include <cstdlib>
#include <map>

#include "io/download.h"
#include "kernels/api/error.h"

namespace tailor::train {
namespace fs = std::filesystem;

namespace {

constexpr const char* kKerasAddress =
    "https://storage.googleapis.com/tensorflow/keras-applications/resnet";

struct PublishedNetwork {
  PublishedFile with_head;
  PublishedFile without_head;
};

/// keras/applications/resnet.py (WEIGHTS_HASHES), the files of 2018.
const std::map<std::string, PublishedNetwork>& published_networks() {
  static const std::map<std::string, PublishedNetwork> networks = {
      {"resnet50",
       {{"resnet50_weights_tf_dim_ordering_tf_kernels.h5", "2cb95161c43110f7111970584f804107",
         102967424},
        {"resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5", "4d473c1dd8becc155b73f8504c6f6626",
         94765736}}},
      {"resnet101",
       {{"resnet101_weights_tf_dim_ordering_tf_kernels.h5", "f1aeb4b969a6efcfb50fad2f0c20cfc5", {}},
        {"resnet101_weights_tf_dim_ordering_tf_kernels_notop.h5",
         "88cf7a10940856eca736dc7b7e228a21",
         {}}}},
      {"resnet152",
       {{"resnet152_weights_tf_dim_ordering_tf_kernels.h5", "100835be76be38e30d865e96f2aaae62", {}},
        {"resnet152_weights_tf_dim_ordering_tf_kernels_notop.h5",
         "ee4c566cf9a93f14d82f913c2dc6dd0c",
         {}}}}};
  return networks;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string url_of(const std::string& name) {
  std::string address = variable("TAILOR_WEIGHTS_URL");
  if (address.empty()) address = kKerasAddress;
  return address + (address.ends_with("/") ? "" : "/") + name;
}

}  // namespace

fs::path cache_folder() {
  const fs::path cache = variable("XDG_CACHE_HOME");
  if (cache.is_absolute()) return cache / "tailor";
  const fs::path home = variable("HOME");
  if (!home.is_absolute()) {
    throw Error(
        "HOME: expected a folder in which weights can be kept, got {} (try to set it, or --weights "
        "FILE)",
        home.empty() ? "none" : home.string());
  }
  return home / ".cache" / "tailor";
}

fs::path fetch_published(const PublishedFile& file, const Console& console, const Stop& stop) {
  fs::path path = cache_folder() / file.name;
  if (fs::exists(path)) return path;
  const std::string url = url_of(file.name);
  console.note("Fetching {} into {}", url, cache_folder().string());
  std::optional<Progress> progress;
  int64_t shown = 0;
  const auto show = [&](int64_t done, int64_t total) {
    if (!progress || done < shown) {
      progress.emplace(console, "Weights", total, Unit::bytes, done);
    } else {
      progress->add(done - shown);
    }
    shown = done;
  };
  const auto note = [&](const std::string& text) { console.note("Weights: {}", text); };
  try {
    io::download({url, file.md5, file.size}, path, {.progress = show, .note = note, .stop = stop});
  } catch (const io::DownloadError& error) {
    throw Error(
        "--weights imagenet: {} (try to put it at {} by hand, or --weights FILE or --weights none)",
        error.what(), path.string());
  }
  if (progress) progress->finish();
  return path;
}

fs::path imagenet_weights(const std::string& model, bool with_head, const Console& console,
                          const Stop& stop) {
  const auto found = published_networks().find(model);
  if (found == published_networks().end()) {
    throw Error(
        "--weights imagenet: expected resnet50, resnet101 or resnet152, for which Keras publishes "
        "files, got {} (try --weights FILE or --weights none)",
        model);
  }
  const auto& [whole, headless] = found->second;
  const auto is_here = [](const PublishedFile& file) {
    return fs::exists(cache_folder() / file.name);
  };
  const bool use_whole = with_head || (is_here(whole) && !is_here(headless));
  return fetch_published(use_whole ? whole : headless, console, stop);
}

}  // namespace tailor::train
