#include "train/checkpoint.h"

#include <algorithm>

namespace tailor::train {
namespace {

constexpr auto kWriteInterval = std::chrono::seconds(30);

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
                         std::vector<std::string> prefixes, io::ModelInfo info)
    : folder_(folder), network_(network), prefixes_(std::move(prefixes)), last_(std::move(info)) {}

void Checkpoints::epoch_done(const Epoch& epoch) {
  last_.metrics = {{"epoch", epoch.number},
                   {"accuracy", epoch.validation.accuracy},
                   {"loss", epoch.validation.loss},
                   {"macro_f1", epoch.validation.macro_f1}};
  if (epoch.is_best) {
    best_ = last_;
    best_snapshot_.emplace(network_, prefixes_);
  }
  if (std::chrono::steady_clock::now() - written_ > kWriteInterval) write();
}

bool Checkpoints::write_best() {
  if (best_snapshot_) {
    best_snapshot_->swap();
    io::save_model(folder_.model(), network_, best_);
    best_snapshot_->swap();
    best_snapshot_.reset();
  }
  return !best_.classes.empty();
}

void Checkpoints::write() {
  write_best();
  io::save_model(folder_.last(), network_, last_);
  written_ = std::chrono::steady_clock::now();
}

}  // namespace tailor::train
