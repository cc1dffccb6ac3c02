#include "train/finetune_options.h"

#include "kernels/api/error.h"

namespace tailor::train {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// Calls visit(name, member) for each option that results depend on.
template <class Options, class Visit>
void each(Options& options, const Visit& visit) {
  visit("limit_train", options.limit_train);
  visit("limit_val", options.limit_validation);
  visit("model", options.network.model);
  visit("variant", options.network.variant);
  visit("train", options.train);
  visit("epochs", options.fit.epochs);
  visit("batch", options.fit.batch);
  visit("lr", options.fit.lr);
  visit("layer_decay", options.fit.layer_decay);
  visit("optimizer", options.fit.optimizer.name);
  visit("momentum", options.fit.optimizer.momentum);
  visit("weight_decay", options.fit.optimizer.weight_decay);
  visit("schedule", options.fit.schedule);
  visit("label_smoothing", options.fit.label_smoothing);
  visit("class_weights", options.class_weights);
  visit("clip_norm", options.fit.clip_norm);
  visit("early_stop", options.fit.early_stop);
  visit("augment", options.augment);
  visit("views", options.views);
  visit("image_size", options.image_size);
  visit("seed", options.seed);
  visit("device", options.device);
  visit("conv", options.conv);
  visit("command", options.command);
}

/// Not tidied up: "link/.." is not always where one stands.
std::string absolute_name(const fs::path& path) {
  return path.empty() ? "" : fs::absolute(path).string();
}

bool is_file(const std::string& weights) { return weights != "imagenet" && weights != "none"; }

}  // namespace

json to_json(const FinetuneOptions& options) {
  const std::string& weights = options.network.weights;
  json value = {{"data", absolute_name(options.data)},
                {"val", absolute_name(options.validation)},
                {"weights", is_file(weights) ? absolute_name(weights) : weights}};
  each(options, [&](const char* name, const auto& member) { value[name] = member; });
  return value;
}

FinetuneOptions finetune_options_from(const json& value) try {
  FinetuneOptions options;
  options.data = value.at("data").get<std::string>();
  options.validation = value.at("val").get<std::string>();
  options.network.weights = value.at("weights");
  each(options, [&](const char* name, auto& member) { value.at(name).get_to(member); });
  return options;
} catch (const json::exception& error) {
  throw Error("run.json: expected the options of a run, got {}", error.what());
}

}  // namespace tailor::train
