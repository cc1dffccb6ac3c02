#include "train/features.h"

namespace tailor::train {

Features compute_features(Backbone& backbone, io::Loader& loader, Progress& progress,
                          const Stop& stop) {
  Features features;
  while (const auto batch = loader.next()) {
    const Tensor computed = backbone(*batch);
    const std::vector<float> values = computed.to_vector<float>();
    features.width = computed.shape().back();
    features.values.insert(features.values.end(), values.begin(), values.end());
    features.labels.insert(features.labels.end(), batch->labels.begin(), batch->labels.end());
    features.indices.insert(features.indices.end(), batch->indices.begin(), batch->indices.end());
    progress.add(static_cast<int64_t>(batch->labels.size()));
    if (stop()) break;
  }
  return features;
}

}  // namespace tailor::train
