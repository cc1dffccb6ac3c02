#include "train/pretrained.h"

#include "io/weights.h"
#include "train/published.h"

namespace tailor::train {
namespace fs = std::filesystem;

namespace {

constexpr const char* kDefaultModel = "resnet50";

/// Weights read from the file that the options name. Throws Error when they are another network's.
io::Weights read(const PretrainedOptions& options, bool with_head, Pretrained& result,
                 const std::shared_ptr<Backend>& backend, const Console& console,
                 const Stop& stop) {
  const bool imagenet = options.weights == "imagenet";
  const std::string model = options.model.empty() ? kDefaultModel : options.model;
  const fs::path file =
      imagenet ? imagenet_weights(model, with_head, console, stop) : fs::path(options.weights);
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

Pretrained load_backbone(const PretrainedOptions& options, int64_t classes, uint64_t seed,
                         const std::shared_ptr<Backend>& backend, const Console& console,
                         const Stop& stop) {
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
  const io::Weights weights = read(options, false, result, backend, console, stop);
  result.network =
      layers::make_model(weights.model, {.classes = classes, .variant = weights.variant}, backend);
  result.network->initialize(seed);
  result.network->load_state_dict(weights.tensors, layers::Match::backbone,
                                  result.network->head_name());
  return result;
}

Pretrained load_with_head(const PretrainedOptions& options, const std::shared_ptr<Backend>& backend,
                          const Console& console, const Stop& stop) {
  Pretrained result{nullptr, "none", "none"};
  if (options.weights == "none") {
    throw UsageError("--weights: expected a file, got none: random weights name nothing");
  }
  const io::Weights weights = read(options, true, result, backend, console, stop);
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
