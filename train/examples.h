// What a network is trained on, batch by batch: photos, or features computed before.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "train/features.h"

namespace tailor::train {

struct Example {
  Tensor x;  ///< [n, ...]
  std::vector<int64_t> labels;
};

/// Every epoch gives all photos once, in an order drawn by the seed and the epoch.
class Examples {
 public:
  Examples() = default;
  Examples(const Examples&) = delete;
  Examples& operator=(const Examples&) = delete;
  virtual ~Examples() = default;

  /// Photos in an epoch, damaged ones included.
  virtual size_t count() const = 0;
  /// Begins an epoch, counted from 0, at `position` in its order.
  virtual void start(int epoch, size_t position) = 0;
  /// Nothing at the end of the epoch.
  virtual std::optional<Example> next() = 0;
  /// How far into the epoch's order the examples given so far reach; damaged photos count.
  virtual size_t position() const = 0;
  /// Photos of the running epoch that could not be read so far.
  virtual std::vector<io::Skipped> skipped() const { return {}; }
};

struct ExampleOptions {
  int batch = 32;
  uint64_t seed = 0;  ///< of the order
};

/// Features of one or more views of the same photos; epochs cycle through the views.
class FeatureExamples final : public Examples {
 public:
  FeatureExamples(std::vector<Features> views, const ExampleOptions& options,
                  std::shared_ptr<Backend> backend);
  size_t count() const override { return views_.front().count(); }
  void start(int epoch, size_t position) override;
  std::optional<Example> next() override;
  size_t position() const override { return at_; }

 private:
  std::vector<Features> views_;
  ExampleOptions options_;
  std::shared_ptr<Backend> backend_;
  const Features* view_ = nullptr;
  std::vector<size_t> order_;
  size_t at_ = 0;
};

/// Photos read anew in every epoch, each time as another view.
class PhotoExamples final : public Examples {
 public:
  /// From a batch of photos to the network's input or to features.
  using Prepare = std::function<Tensor(const io::Batch&)>;

  /// `samples` must outlive this. threads: that read photos.
  PhotoExamples(const std::vector<io::Sample>& samples, const io::Transform& transform, int threads,
                const ExampleOptions& options, Prepare prepare);
  size_t count() const override { return samples_.size(); }
  void start(int epoch, size_t position) override;
  std::optional<Example> next() override;
  size_t position() const override { return started_at_ + loader_->position(); }
  std::vector<io::Skipped> skipped() const override {
    return loader_ ? loader_->skipped() : std::vector<io::Skipped>();
  }

 private:
  const std::vector<io::Sample>& samples_;
  io::Transform transform_;
  int threads_;
  ExampleOptions options_;
  Prepare prepare_;
  size_t started_at_ = 0;
  std::unique_ptr<io::Loader> loader_;
};

}  // namespace tailor::train
