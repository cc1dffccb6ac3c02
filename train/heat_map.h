// Where in a photo a network saw what it answered.
#pragma once

#include <span>
#include <vector>

#include "io/image.h"
#include "layers/network.h"

namespace tailor::train {

/// How much each place of a photo speaks for one class: 0 (nothing, or against it) to 1 (most).
struct HeatMap {
  int width = 0;
  int height = 0;
  std::vector<float> values;  ///< [height, width], rows from the top
};

/// Grad-CAM (Selvaraju et al. 2017, equations 1 and 2) on the network's feature map A: the mean
/// gradient of a class's logit over each channel weighs that channel, and what adds up to more than
/// 0 is kept. Divided by its greatest value; a map without any is 0 everywhere. For a network that
/// ends in global average pooling and one linear layer this is CAM (Zhou et al. 2016).
///
/// x [n, size, size, 3] f32, preprocessed; classes [n], a class for each photo. Leaves the network
/// and its gradients as they were.
std::vector<HeatMap> heat_maps(layers::Network& network, const Tensor& x,
                               std::span<const size_t> classes);

/// The picture that the network saw under the map, which is enlarged to its size (bilinear). Hot
/// places glow in the colours of inferno (N. Smith and S. van der Walt, 2015), whose lightness
/// rises evenly; cold ones stay nearly as they are.
io::Image overlay(const io::Image& picture, const HeatMap& map);

}  // namespace tailor::train
