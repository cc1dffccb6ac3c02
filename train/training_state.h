// What a checkpoint says of the training that wrote it, so that it can go on.
#pragma once

#include <map>
#include <string>

#include "io/model_file.h"
#include "train/fit.h"

namespace tailor::train {

/// Photos that could not be read: name and reason.
using SkippedPhotos = std::map<std::string, std::string>;

/// The optimiser's tensors under the names of the network's parameters, and JSON for the rest.
/// Nothing in it depends on time, so that equal trainings give equal bytes.
io::TrainingState save_state(const layers::Network& network, const FitState& state,
                             const SkippedPhotos& skipped);

/// Puts back into `state`, as start_fit made it, what save_state was given. Throws Error naming
/// `file` when that does not belong to this network and optimiser, or is damaged.
void restore_state(const io::TrainingState& saved, const layers::Network& network, FitState& state,
                   SkippedPhotos& skipped, const std::string& file);

}  // namespace tailor::train
