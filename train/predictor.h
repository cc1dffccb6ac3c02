// The one way from pixels to answers, for training, evaluate and predict alike.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "inference/frozen.h"
#include "io/loader.h"
#include "layers/network.h"

namespace tailor::train {

/// Where the network's tensors are.
std::shared_ptr<Backend> backend_of(const layers::Network& network);

/// A batch of photos as the network's input: [n, size, size, 3], f32.
Tensor to_input(const io::Batch& batch, Preprocessing preprocessing, int image_size,
                const std::shared_ptr<Backend>& backend);

/// The frozen backbone of a network, from photos to features.
class Backbone {
 public:
  /// The network's tensors are read here and not needed afterwards. image_size in pixels.
  Backbone(layers::Network& network, int image_size);

  /// Features [n, d], f32; those of a photo do not depend on its neighbours.
  Tensor operator()(const io::Batch& batch);

 private:
  std::shared_ptr<Backend> backend_;
  Preprocessing preprocessing_;
  int image_size_;
  inference::Frozen frozen_;
};

/// The head of a network, from features to logits. It runs photo by photo on one thread: neighbours
/// cannot matter, and products so small are not worth sharing out.
class Head {
 public:
  /// `network` must outlive this; its weights may change.
  explicit Head(layers::Network& network);

  /// Logits [n, classes] of features [n, d], in evaluation mode.
  std::vector<float> operator()(std::span<const float> features) const;

 private:
  layers::Network& network_;
  std::shared_ptr<Backend> backend_;
};

/// A network ready to name photos.
class Predictor {
 public:
  /// `network` must outlive this; only its head is used after construction.
  Predictor(layers::Network& network, int image_size)
      : backbone_(network, image_size), head_(network) {}

  /// Logits [n, classes].
  std::vector<float> operator()(const io::Batch& batch) {
    return head_(backbone_(batch).to_vector<float>());
  }

 private:
  Backbone backbone_;
  Head head_;
};

}  // namespace tailor::train
