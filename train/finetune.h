// The main job: photos in, a judged model out.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "train/fit.h"
#include "train/pretrained.h"

namespace tailor::train {

struct FinetuneOptions {
  std::filesystem::path data;
  std::filesystem::path validation;  ///< a folder of its own; empty: found within the data
  size_t limit_train = 0;            ///< at most so many photos; 0: all
  size_t limit_validation = 0;
  PretrainedOptions network;
  std::string train = "head";  ///< "head", "layer4" (and the head), "all"
  FitOptions fit;
  std::string augment = "light";  ///< "none", "light"
  int views = 3;                  ///< of each photo, when only the head is trained; 0: new ones
  int image_size = 0;             ///< 0: the network's own
  int threads = 0;                ///< that read photos; 0: one a core. Results do not depend on it
  uint64_t seed = 0;
  std::filesystem::path out;  ///< RUN
  bool overwrite = false;
  std::string command;  ///< as typed, for the report
};

struct FinetuneResult {
  std::vector<std::string> classes;
  std::optional<Epoch> best;  ///< nothing when stopped before the first epoch ended
  bool stopped = false;
};

/// Fine-tunes and judges, and fills the run folder. Throws UsageError and Error before anything is
/// written when options, data or weights cannot be used. When stopped, last.h5 holds the network as
/// it was then.
FinetuneResult finetune(const FinetuneOptions& options, const std::shared_ptr<Backend>& backend,
                        const Console& console, const Stop& stop);

}  // namespace tailor::train
