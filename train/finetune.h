// The main job: photos in, a judged model out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "train/finetune_options.h"

namespace tailor::train {

struct FinetuneResult {
  std::vector<std::string> classes;
  std::optional<Epoch> best;  ///< nothing when stopped before the first epoch ended
  bool stopped = false;
};

/// Fine-tunes and judges, and fills the run folder. Throws UsageError and Error before anything is
/// written when options, data or weights cannot be used, io::DownloadStopped when stopped while it
/// fetches weights. When stopped later, last.h5 holds the network as it was then; a run that was
/// stopped, also by a crash or a power cut, goes on with RunStart::resume and ends with the bytes
/// that it would have ended with.
FinetuneResult finetune(const FinetuneOptions& options, const std::shared_ptr<Backend>& backend,
                        const Console& console, const Stop& stop);

}  // namespace tailor::train
