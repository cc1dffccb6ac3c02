#include "train/pretrained.h"

#include <cstdlib>
#include <set>

#include "io/weights.h"

namespace tailor::train {
namespace fs = std::filesystem;

namespace {

constexpr const char* kDefaultModel = "resnet50";
constexpr const char* kKerasAddress =
    "https://storage.googleapis.com/tensorflow/keras-applications/resnet/";

/// The files that Keras publishes for a network, the one without a head first.
std::vector<std::string> published_files(const std::string& model) {
  const std::string stem = model + "_weights_tf_dim_ordering_tf_kernels";
  return {stem + "_notop.h5", stem + ".h5"};
}

/// The published file of `model` in the cache.
fs::path find_imagenet(const std::string& model, bool with_head) {
  static const std::set<std::string> kPublished = {"resnet50", "resnet101", "resnet152"};
  if (!kPublished.contains(model)) {
    throw Error(
        "--weights imagenet: expected resnet50, resnet101 or resnet152, for which Keras publishes "
        "files, got {} (try --weights FILE or --weights none)",
        model);
  }
  std::vector<std::string> names = published_files(model);
  if (with_head) names.erase(names.begin());
  for (const std::string& name : names) {
    if (fs::path file = cache_folder() / name; fs::exists(file)) return file;
  }
  throw Error(
      "--weights imagenet: expected {}, got no such file (get it from {}{}, or try --weights FILE "
      "or --weights none)",
      (cache_folder() / names.front()).string(), kKerasAddress, names.front());
}

/// Weights read from the file that the options name. Throws Error when they are another network's.
io::Weights read(const PretrainedOptions& options, bool with_head, Pretrained& result,
                 const std::shared_ptr<Backend>& backend) {
  const bool imagenet = options.weights == "imagenet";
  const std::string model = options.model.empty() ? kDefaultModel : options.model;
  const fs::path file = imagenet ? find_imagenet(model, with_head) : fs::path(options.weights);
  io::Weights weights = io::read_weights(file, backend);
  if (!options.model.empty() && weights.model != options.model) {
    throw Error("--model: expected {}, for which {} was made, got {}", weights.model, file.string(),
                options.model);
  }
  if (!options.variant.empty()) io::apply_variant_name(weights, options.variant);
  result.source = file.string();
  result.layout = weights.layout;
  return weights;
}

}  // namespace

fs::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::path(value != nullptr ? value : "");
  };
  const fs::path cache = variable("XDG_CACHE_HOME");
  return (cache.empty() ? variable("HOME") / ".cache" : cache) / "tailor";
}

Pretrained load_backbone(const PretrainedOptions& options, int64_t classes, uint64_t seed,
                         const std::shared_ptr<Backend>& backend) {
  Pretrained result{nullptr, "none", "none"};
  if (options.weights == "none") {
    if (!options.variant.empty()) {
      throw UsageError("--variant: expected --weights FILE with it, got --weights none");
    }
    const std::string model = options.model.empty() ? kDefaultModel : options.model;
    result.network = layers::make_model(model, {.classes = classes}, backend);
    result.network->initialize(seed);
    return result;
  }
  const io::Weights weights = read(options, false, result, backend);
  result.network =
      layers::make_model(weights.model, {.classes = classes, .variant = weights.variant}, backend);
  result.network->initialize(seed);
  result.network->load_state_dict(weights.tensors, layers::Match::backbone,
                                  result.network->head_name());
  return result;
}

Pretrained load_with_head(const PretrainedOptions& options,
                          const std::shared_ptr<Backend>& backend) {
  Pretrained result{nullptr, "none", "none"};
  if (options.weights == "none") {
    throw UsageError("--weights: expected a file, got none: random weights name nothing");
  }
  const io::Weights weights = read(options, true, result, backend);
  if (weights.classes == 0) {
    throw Error(
        "{}: expected weights with a head, got a file without (try one whose name lacks notop)",
        result.source);
  }
  result.network = layers::make_model(
      weights.model, {.classes = weights.classes, .variant = weights.variant}, backend);
  result.network->load_state_dict(weights.tensors);
  result.network->eval();
  return result;
}

}  // namespace tailor::train
