#include "apps/options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <thread>

#include "apps/checks.h"

namespace tailor::apps {

void RunOptions::add_to(CLI::App& app) {
  threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  app.add_option("--batch", batch, "Photos at a time")
      ->check(whole_number(1, 4096))
      ->capture_default_str();
  app.add_option("--device", device, "Where to compute: auto, cpu, reference")
      ->capture_default_str();
  app.add_option("--threads", threads, "Threads that read photos; results do not depend on it")
      ->check(whole_number(1, 1024))
      ->capture_default_str();
  app.add_flag("--quiet", quiet, "No progress and no notes on stderr");
}

void add_pretrained(CLI::App& app, train::PretrainedOptions& options) {
  app.add_option("--model", options.model,
                 fmt::format("Network: {}", fmt::join(layers::model_names(), ", ")))
      ->check(one_of(layers::model_names()));
  app.add_option("--variant", options.variant,
                 "keras2015: the graph of 2015, whose max pooling did not pad")
      ->check(one_of({"keras2015"}));
}

void ModelAndInputs::add_to(CLI::App& app, const std::string& inputs) {
  add_pretrained(app, pretrained);
  app.add_option("--weights", pretrained.weights,
                 "imagenet or FILE: pretrained weights to ask instead of a MODEL");
  app.add_option("arguments", arguments, "MODEL (unless --weights is given), then " + inputs)
      ->type_name("")
      ->required();
}

bool ModelAndInputs::uses_model_file() const {
  if (!pretrained.weights.empty()) return false;
  if (!pretrained.model.empty() || !pretrained.variant.empty()) {
    throw UsageError(
        "--weights: expected a file or imagenet beside --model and --variant, got "
        "nothing (try --weights imagenet)");
  }
  return true;
}

std::vector<std::string> ModelAndInputs::inputs() const {
  if (!uses_model_file()) return arguments;
  if (arguments.size() < 2) {
    throw UsageError("{}: expected photos after the model, got nothing", arguments.front());
  }
  return {arguments.begin() + 1, arguments.end()};
}

}  // namespace tailor::apps
