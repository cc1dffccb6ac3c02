// The one way from pixels to answers, for training, evaluate and predict alike.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "inference/frozen.h"
#include "io/loader.h"
#include "layers/network.h"

namespace tailor::train {

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

/// Logits [n, classes] of features [n, d], photo by photo, so that neighbours cannot matter.
std::vector<float> head_logits(layers::Network& network, std::span<const float> features);

/// A network ready to name photos.
class Predictor {
 public:
  /// `network` must outlive this; only its head is used after construction.
  Predictor(layers::Network& network, int image_size)
      : network_(network), backbone_(network, image_size) {}

  /// Logits [n, classes].
  std::vector<float> operator()(const io::Batch& batch) {
    return head_logits(network_, backbone_(batch).to_vector<float>());
  }

 private:
  layers::Network& network_;
  Backbone backbone_;
};

}  // namespace tailor::train
