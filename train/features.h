// Features computed once and kept in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "train/console.h"
#include "train/predictor.h"

namespace tailor::train {

/// Asked after each batch whether to end early (Ctrl-C).
using Stop = std::function<bool()>;

/// What the backbone makes of photos, in the order of the loader.
struct Features {
  int64_t width = 0;            ///< d
  std::vector<float> values;    ///< [n, d]
  std::vector<int64_t> labels;  ///< [n]
  std::vector<size_t> indices;  ///< [n], into the loader's samples

  size_t count() const { return labels.size(); }
  std::span<const float> row(size_t i) const {
    const auto d = static_cast<size_t>(width);
    return std::span(values).subspan(i * d, d);
  }
};

/// Features of all photos that `loader` gives; fewer when stopped.
Features compute_features(Backbone& backbone, io::Loader& loader, Progress& progress,
                          const Stop& stop);

}  // namespace tailor::train
