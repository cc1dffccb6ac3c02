// Options that several sub-commands share.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "io/model_file.h"
#include "train/console.h"
#include "train/pretrained.h"

namespace tailor::apps {

/// --batch, --device, --threads, --quiet
struct RunOptions {
  int batch = 32;
  std::string device = "auto";
  int threads = 0;  ///< that read photos; filled by add_to with the number of cores
  bool quiet = false;

  void add_to(CLI::App& app);
};

/// --model, --weights, --variant
void add_pretrained(CLI::App& app, train::PretrainedOptions& options);

/// What is asked, and about what: MODEL INPUT..., or --model NAME --weights FILE INPUT...
struct ModelAndInputs {
  train::PretrainedOptions pretrained{.weights = ""};
  std::vector<std::string> arguments;

  /// inputs: what they are called in help: "PHOTO|DIR".
  void add_to(CLI::App& app, const std::string& inputs);
  /// Throws UsageError when there is no model.
  bool uses_model_file() const;
  /// The arguments without the model file. Throws UsageError when there are none.
  std::vector<std::string> inputs() const;
};

}  // namespace tailor::apps
