// What a run of the main job is asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "train/fit.h"
#include "train/pretrained.h"
#include "train/run_folder.h"

namespace tailor::train {

struct FinetuneOptions {
  std::filesystem::path data;
  std::filesystem::path validation;  ///< a folder of its own; empty: found within the data
  size_t limit_train = 0;            ///< at most so many photos; 0: all
  size_t limit_validation = 0;
  PretrainedOptions network;
  std::string train = "head";  ///< "head", "layer4" (and the head), "all"
  FitOptions fit;
  std::string class_weights;      ///< "balanced": rare classes count more; "": all alike
  std::string augment = "light";  ///< one of io::augmentation_names()
  int views = 3;                  ///< of each photo, when only the head is trained; 0: new ones
  int image_size = 0;             ///< 0: the network's own
  int threads = 0;                ///< that read photos; 0: one a core. Results do not depend on it
  uint64_t seed = 0;
  std::string device = "auto";  ///< of the backend that the run is given
  std::string conv;             ///< likewise: "cudnn", "handwritten"; "": the fastest there is
  std::filesystem::path out;    ///< RUN
  RunStart start = RunStart::fresh;
  std::string command;  ///< as typed, for the report
};

/// All that results depend on, under the names that the command line has for it. Paths are made
/// absolute, so that a run can be resumed from elsewhere.
nlohmann::json to_json(const FinetuneOptions& options);

/// The options that to_json was given. Throws Error when something is missing or of another kind.
FinetuneOptions finetune_options_from(const nlohmann::json& value);

}  // namespace tailor::train
