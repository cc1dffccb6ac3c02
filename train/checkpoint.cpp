#include "train/checkpoint.h"

#include <algorithm>

namespace tailor::train {
namespace {

constexpr int kPause = 20;  ///< times as long as the writing took
constexpr auto kRetryInterval = std::chrono::minutes(1);

}  // namespace

Snapshot::Snapshot(const layers::Network& network, const std::vector<std::string>& prefixes) {
  for (const auto& [name, tensor] : network.state()) {
    const bool changes =
        std::any_of(prefixes.begin(), prefixes.end(), [&name = name](const std::string& prefix) {
          return prefix.empty() || name.starts_with(prefix + ".");
        });
    if (!changes) continue;
    network_.push_back(tensor);
    copies_.push_back(tensor.clone());
  }
}

void Snapshot::swap() {
  for (size_t i = 0; i < network_.size(); ++i) {
    const Tensor now = network_[i].clone();
    network_[i].copy_from(copies_[i]);
    copies_[i].copy_from(now);
  }
}

Checkpoints::Checkpoints(const RunFolder& folder, const layers::Network& network,
                         std::vector<std::string> prefixes, io::ModelInfo info,
                         const Console& console, std::function<io::TrainingState()> state)
    : folder_(folder),
      network_(network),
      prefixes_(std::move(prefixes)),
      console_(console),
      state_(std::move(state)),
      last_(std::move(info)) {}

void Checkpoints::epoch_done(const Epoch& epoch) {
  last_.metrics = {{"epoch", epoch.number},
                   {"accuracy", epoch.validation.accuracy},
                   {"loss", epoch.validation.loss},
                   {"macro_f1", epoch.validation.macro_f1}};
  if (epoch.is_best) {
    best_ = last_;
    best_snapshot_.emplace(network_, prefixes_);
  }
  write_if_due(false);
}

void Checkpoints::batch_done() { write_if_due(true); }

void Checkpoints::write_if_due(bool within_epoch) {
  if (Clock::now() < due_) return;
  try {
    write(within_epoch);
  } catch (const Error& error) {
    console_.warn("no checkpoint: {}; training goes on, and the one before is kept", error.what());
    due_ = Clock::now() + kRetryInterval;
  }
}

bool Checkpoints::write_best() {
  if (best_snapshot_) {
    best_snapshot_->swap();
    try {
      io::save_model(folder_.model(), network_, best_);
    } catch (...) {
      best_snapshot_->swap();
      throw;
    }
    best_snapshot_->swap();
    best_snapshot_.reset();
  }
  return !best_.classes.empty();
}

void Checkpoints::write(bool within_epoch) {
  const Clock::time_point start = Clock::now();
  write_best();  // first, so that last.h5 never knows of a better epoch than model.h5 holds
  io::ModelInfo info = last_;
  if (within_epoch) info.metrics.clear();
  io::save_checkpoint(folder_.last(), network_, info, state_());
  const Clock::time_point end = Clock::now();
  due_ = end + kPause * (end - start);
}

}  // namespace tailor::train
