#include "train/predictor.h"

#include "io/transform.h"

namespace tailor::train {

std::shared_ptr<Backend> backend_of(const layers::Network& network) {
  return network.named_parameters().front().second.backend();
}

Tensor to_input(const io::Batch& batch, Preprocessing preprocessing, int image_size,
                const std::shared_ptr<Backend>& backend) {
  std::vector<float> values(batch.pixels.size());
  io::normalize(batch.pixels, preprocessing, values);
  const auto n = static_cast<int64_t>(batch.labels.size());
  return Tensor::from(values, {n, image_size, image_size, 3}, backend);
}

Backbone::Backbone(layers::Network& network, int image_size)
    : backend_(backend_of(network)),
      preprocessing_(network.options().variant.preprocessing),
      image_size_(image_size),
      frozen_(network, image_size) {}

Tensor Backbone::operator()(const io::Batch& batch) {
  return frozen_(to_input(batch, preprocessing_, image_size_, backend_));
}

Head::Head(layers::Network& network)
    : network_(network), backend_(backend_of(network)->fork({.threads = 1})) {}

std::vector<float> Head::operator()(std::span<const float> features) const {
  const NoGrad guard;
  const layers::EvalMode eval(network_);
  const int64_t width = network_.feature_count();
  std::vector<float> logits;
  for (size_t at = 0; at < features.size(); at += static_cast<size_t>(width)) {
    const auto row = features.subspan(at, static_cast<size_t>(width));
    const auto answer = network_.head(Tensor::from(row, {1, width}, backend_)).to_vector<float>();
    logits.insert(logits.end(), answer.begin(), answer.end());
  }
  return logits;
}

}  // namespace tailor::train
