// The photos that a report shows: those a model is most wrong about, those it barely got right.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "io/model_file.h"
#include "train/answers.h"

namespace tailor::train {

struct ShownPhoto {
  std::string name;
  size_t label = 0;
  size_t answer = 0;
  double probability = 0;         ///< of the answer
  std::vector<uint8_t> picture;   ///< JPEG: what the network saw
  std::vector<uint8_t> heat_map;  ///< JPEG: the same under the heat map of the answer
};

struct Showcase {
  std::vector<ShownPhoto> mistakes;  ///< wrong answers, the surest first
  std::vector<ShownPhoto> unsure;    ///< right answers, the least sure first
};

/// Chooses up to twelve photos of each kind from the model's answers and makes their pictures, at
/// most 224 pixels wide. A photo that can no longer be read is left out.
Showcase make_showcase(const io::Model& model, const std::vector<io::Sample>& samples,
                       const Answers& answers);

/// {"mistakes": [{"photo", "class", "answer", "probability"}], "unsure": [...]}
nlohmann::json to_json(const Showcase& showcase, const std::vector<std::string>& classes);

}  // namespace tailor::train
