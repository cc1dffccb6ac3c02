#include "apps/options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <thread>

#include "apps/checks.h"

namespace tailor::apps {

void RunOptions::add_to(CLI::App& app) {
  threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  app.add_option("--batch", batch, "Photos at a time")
      ->transform(whole_number(1, 4096))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--device", device, "Where to compute: auto, cuda, cpu, simt, reference")
      ->type_name("D")
      ->capture_default_str();
  app.add_option("--conv", conv, "Whose convolutions on cuda: cudnn, handwritten; else the faster")
      ->check(one_of({"cudnn", "handwritten"}))
      ->type_name("NAME");
  app.add_option("--threads", threads, "Threads that read photos; results do not depend on it")
      ->transform(whole_number(1, 1024))
      ->type_name("N")
      ->capture_default_str();
  app.add_flag("--quiet", quiet, "No progress and no notes on stderr");
}

std::shared_ptr<Backend> RunOptions::open_device() const {
  const Products products = conv == "cudnn"         ? Products::cudnn
                            : conv == "handwritten" ? Products::handwritten
                                                    : Products::best;
  return open_backend(device, {.products = products});
}

void add_pretrained(CLI::App& app, train::PretrainedOptions& options) {
  app.add_option("--model", options.model,
                 fmt::format("Network: {}", fmt::join(layers::model_names(), ", ")))
      ->check(one_of(layers::model_names()))
      ->type_name("NAME");
  app.add_option("--variant", options.variant,
                 "keras2015: the graph of 2015, whose max pooling did not pad")
      ->check(one_of({"keras2015"}))
      ->type_name("NAME");
}

void ModelAndInputs::add_to(CLI::App& app, const std::string& name, const std::string& help) {
  app.add_option("MODEL", first_, "model.h5 of a run; left out when --weights is given")
      ->check(not_empty())
      ->type_name("");
  app.add_option(name, rest_, help)->check(not_empty())->type_name("");
  add_pretrained(app, pretrained_);
  app.add_option("--weights", pretrained_.weights,
                 "Pretrained weights to use instead of a MODEL: FILE or imagenet")
      ->type_name("FILE");
}

std::string ModelAndInputs::model_file() const {
  if (!pretrained_.weights.empty()) return "";
  if (!pretrained_.model.empty() || !pretrained_.variant.empty()) {
    throw UsageError("{}: expected --weights with it, got none (try --weights imagenet)",
                     pretrained_.model.empty() ? "--variant" : "--model");
  }
  if (first_.empty()) throw UsageError("MODEL: expected a model file, or --weights, got neither");
  return first_;
}

std::vector<std::string> ModelAndInputs::inputs() const {
  std::vector<std::string> inputs = rest_;
  if (model_file().empty() && !first_.empty()) inputs.insert(inputs.begin(), first_);
  if (inputs.empty())
    throw UsageError("{}: expected photos, got none", first_.empty() ? "PHOTO" : first_);
  return inputs;
}

}  // namespace tailor::apps
