#include "train/examples.h"

#include <algorithm>

namespace tailor::train {

FeatureExamples::FeatureExamples(std::vector<Features> views, const ExampleOptions& options,
                                 std::shared_ptr<Backend> backend)
    : views_(std::move(views)), options_(options), backend_(std::move(backend)) {}

void FeatureExamples::start(int epoch, size_t position) {
  view_ = &views_[static_cast<size_t>(epoch) % views_.size()];
  order_ = io::shuffled_indices(view_->count(), options_.seed, static_cast<uint32_t>(epoch));
  at_ = position;
}

std::optional<Example> FeatureExamples::next() {
  const size_t end = std::min(at_ + static_cast<size_t>(options_.batch), order_.size());
  if (at_ == end) return std::nullopt;
  std::vector<float> values;
  std::vector<int64_t> labels;
  for (; at_ < end; ++at_) {
    const auto row = view_->row(order_[at_]);
    values.insert(values.end(), row.begin(), row.end());
    labels.push_back(view_->labels[order_[at_]]);
  }
  const auto n = static_cast<int64_t>(labels.size());
  return Example{Tensor::from(values, {n, view_->width}, backend_), std::move(labels)};
}

PhotoExamples::PhotoExamples(const std::vector<io::Sample>& samples, const io::Transform& transform,
                             int threads, const ExampleOptions& options, Prepare prepare)
    : samples_(samples),
      transform_(transform),
      threads_(threads),
      options_(options),
      prepare_(std::move(prepare)) {}

void PhotoExamples::start(int epoch, size_t position) {
  const auto number = static_cast<uint32_t>(epoch);
  std::vector<size_t> order = io::shuffled_indices(samples_.size(), options_.seed, number);
  order.erase(order.begin(), order.begin() + static_cast<ptrdiff_t>(position));
  started_at_ = position;
  loader_ = std::make_unique<io::Loader>(
      samples_, std::move(order), transform_,
      io::LoaderOptions{.batch = options_.batch, .threads = threads_, .view = number});
}

std::optional<Example> PhotoExamples::next() {
  const auto batch = loader_->next();
  if (!batch) return std::nullopt;
  return Example{prepare_(*batch), batch->labels};
}

}  // namespace tailor::train
