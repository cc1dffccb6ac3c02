// What a model says of labelled photos.
#pragma once

#include <cstdint>
#include <vector>

#include "train/features.h"

namespace tailor::train {

struct Answers {
  std::vector<float> logits;    ///< [n, classes]
  std::vector<int64_t> labels;  ///< [n]
  std::vector<size_t> indices;  ///< [n], into the loader's samples
};

/// Answers for all photos that `loader` gives; fewer when stopped.
Answers ask(Predictor& predictor, io::Loader& loader, Progress& progress, const Stop& stop);

}  // namespace tailor::train
