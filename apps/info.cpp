// tailor info: what a weights, model or feature file holds.
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "io/feature_file.h"
#include "io/model_file.h"
#include "io/variant_names.h"
#include "io/weights.h"
#include "kernels/api/one_line.h"

namespace tailor::apps {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string file;
  bool json = false;
};

Json variant_json(const Variant& variant) {
  return {{"stride_on", io::name_of(variant.stride_on)},
          {"conv_bias", variant.conv_bias},
          {"epsilon", variant.epsilon},
          {"pool_padding", variant.pool_padding},
          {"preprocessing", io::name_of(variant.preprocessing)}};
}

Json features_json(const std::string& file) {
  const io::FeaturesSummary summary = io::summarize_features(file);
  return {{"path", file},
          {"kind", "features"},
          {"model", summary.architecture},
          {"photos", summary.photos},
          {"dimension", summary.dimension},
          {"classes", summary.classes}};
}

/// A weights file, or a model file, which is one with names and figures.
Json weights_json(const std::string& file, bool is_model) {
  const io::WeightsSummary summary = io::summarize_weights(file);
  Json json = {{"path", file},
               {"kind", is_model ? "model" : "weights"},
               {"layout", summary.layout},
               {"container", summary.container},
               {"model", summary.model},
               {"variant", variant_json(summary.variant)},
               {"tensors", summary.tensors},
               {"parameters", summary.parameters},
               {"statistics", summary.statistics},
               {"outputs", summary.classes}};
  if (!is_model) return json;
  const io::ModelInfo info = io::read_model_info(file);
  json["classes"] = info.classes;
  json["image_size"] = info.image_size;
  json["metrics"] = info.metrics;
  json["tailor_version"] = info.tailor_version;
  return json;
}

std::string_view explain(const std::string& preprocessing) {
  if (preprocessing == "caffe") return "BGR minus (103.939, 116.779, 123.68)";
  if (preprocessing == "tf") return "RGB / 127.5 - 1";
  return "RGB / 255, minus mean, over standard deviation";
}

std::string text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? fmt::format("{:.6g}", value.get<double>()) : value.dump();
}

std::string class_names(const Json& classes) {
  constexpr size_t kShown = 20;
  const auto names = classes.get<std::vector<std::string>>();
  if (names.empty()) return "none";
  return fmt::format("{}: {}{}", names.size(),
                     fmt::join(names.begin(), names.begin() + std::min(names.size(), kShown), ", "),
                     names.size() > kShown ? ", ..." : "");
}

/// One line for each part of a nested value.
void print_row(const std::string& key, const Json& value) {
  if (key == "classes") {
    fmt::print("{:<16} {}\n", key, one_line(class_names(value)));
  } else if (value.is_object()) {
    for (const auto& [name, part] : value.items()) print_row(name, part);
  } else if (key == "preprocessing") {
    fmt::print("{:<16} {} ({})\n", key, text(value), explain(value));
  } else if (key == "outputs" && value == 0) {
    fmt::print("{:<16} none (no head)\n", key);
  } else {
    fmt::print("{:<16} {}\n", one_line(key), one_line(text(value)));
  }
}

void run(const Options& options) {
  const Json json = io::is_feature_file(options.file)
                        ? features_json(options.file)
                        : weights_json(options.file, io::is_model_file(options.file));
  if (options.json) {
    fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  for (const auto& [key, value] : json.items()) print_row(key, value);
}

}  // namespace

void add_info(CLI::App& program) {
  CLI::App* app = program.add_subcommand("info", "Say what a file holds");
  const auto options = std::make_shared<Options>();
  app->add_option("FILE", options->file, "Pretrained weights, model.h5 or FEATURES.h5")
      ->type_name("")
      ->required();
  app->add_flag("--json", options->json, "Print one JSON object");
  app->callback([options] { run(*options); });
}

}  // namespace tailor::apps
