// The two model files of a run: the best epoch, and the network as it is now.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/model_file.h"
#include "train/console.h"
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
/// takes less time than writing a model. A twentieth of the time may go into it.
class Checkpoints {
 public:
  /// All must outlive this. prefixes: of the tensors that training changes; state: what last.h5
  /// gets for --resume.
  Checkpoints(const RunFolder& folder, const layers::Network& network,
              std::vector<std::string> prefixes, io::ModelInfo info, const Console& console,
              std::function<io::TrainingState()> state);

  /// Takes over from the run that wrote last.h5 with this.
  void resume(const io::ModelInfo& last) { last_.metrics = last.metrics; }

  /// Writes when it is time. A disk that refuses is a warning: training goes on, and the files stay
  /// as they are until the next time.
  void epoch_done(const Epoch& epoch);
  void batch_done();
  /// Writes what is not yet in the files; throws Error where epoch_done warns. within_epoch: the
  /// network has moved on since the last epoch, so its file goes without figures.
  void write(bool within_epoch);
  /// model.h5 alone; false when there is no best epoch yet.
  bool write_best();

 private:
  using Clock = std::chrono::steady_clock;
  void write_if_due(bool within_epoch);

  const RunFolder& folder_;
  const layers::Network& network_;
  std::vector<std::string> prefixes_;
  const Console& console_;
  std::function<io::TrainingState()> state_;
  io::ModelInfo last_;
  io::ModelInfo best_;
  std::optional<Snapshot> best_snapshot_;  ///< until it is written
  Clock::time_point due_ = Clock::now() + std::chrono::seconds(2);
};

}  // namespace tailor::train
