// Options that several sub-commands share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "io/model_file.h"
#include "train/console.h"
#include "train/pretrained.h"

namespace tailor::apps {

/// --batch, --device, --conv, --threads, --quiet
struct RunOptions {
  int batch = 32;
  std::string device = "auto";
  std::string conv;  ///< "cudnn", "handwritten"; "": the fastest there is
  int threads = 0;   ///< that read photos; filled by add_to with the number of cores
  bool quiet = false;

  void add_to(CLI::App& app);
  std::shared_ptr<Backend> open_device() const;
};

/// --model, --weights, --variant
void add_pretrained(CLI::App& app, train::PretrainedOptions& options);

/// Who is asked, and about what: MODEL INPUT..., or --weights FILE INPUT...
class ModelAndInputs {
 public:
  /// name and help: of the inputs, "PHOTO" and what it may be.
  void add_to(CLI::App& app, const std::string& name, const std::string& help);

  /// The model file; empty when pretrained weights are asked. Throws UsageError when there is
  /// neither.
  std::string model_file() const;
  /// Throws UsageError when there are none.
  std::vector<std::string> inputs() const;
  const train::PretrainedOptions& pretrained() const { return pretrained_; }

 private:
  train::PretrainedOptions pretrained_{.weights = ""};
  std::string first_;  ///< MODEL, or with --weights the first input
  std::vector<std::string> rest_;
};

}  // namespace tailor::apps
