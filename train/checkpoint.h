// The two model files of a run: the best epoch, and the network as it is now.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "io/model_file.h"
#include "train/fit.h"
#include "train/run_folder.h"

namespace tailor::train {

/// Copies of the tensors that training changes.
class Snapshot {
 public:
  /// prefixes: as Module::freeze_except takes them.
  Snapshot(const layers::Network& network, const std::vector<std::string>& prefixes);
  /// Exchanges the copies with the network's numbers.
  void swap();

 private:
  std::vector<Tensor> network_;
  std::vector<Tensor> copies_;
};

/// Keeps the best epoch in memory and writes model.h5 and last.h5 now and then: training a head
/// takes less time than writing a model.
class Checkpoints {
 public:
  /// All must outlive this. prefixes: of the tensors that training changes.
  Checkpoints(const RunFolder& folder, const layers::Network& network,
              std::vector<std::string> prefixes, io::ModelInfo info);

  void epoch_done(const Epoch& epoch);
  /// The network has moved on in an epoch that will not end: its file goes without figures.
  void epoch_broken_off() { last_.metrics.clear(); }
  /// Writes what is not yet in the files.
  void write();
  /// model.h5 alone; false when there is no best epoch yet.
  bool write_best();

 private:
  const RunFolder& folder_;
  const layers::Network& network_;
  std::vector<std::string> prefixes_;
  io::ModelInfo last_;
  io::ModelInfo best_;
  std::optional<Snapshot> best_snapshot_;  ///< until it is written
  std::chrono::steady_clock::time_point written_ = std::chrono::steady_clock::now();
};

}  // namespace tailor::train
