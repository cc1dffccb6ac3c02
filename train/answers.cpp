#include "train/answers.h"

namespace tailor::train {

Answers ask(Predictor& predictor, io::Loader& loader, Progress& progress, const Stop& stop) {
  Answers answers;
  while (const auto batch = loader.next()) {
    const std::vector<float> logits = predictor(*batch);
    answers.logits.insert(answers.logits.end(), logits.begin(), logits.end());
    answers.labels.insert(answers.labels.end(), batch->labels.begin(), batch->labels.end());
    answers.indices.insert(answers.indices.end(), batch->indices.begin(), batch->indices.end());
    progress.add(static_cast<int64_t>(batch->labels.size()));
    if (stop()) break;
  }
  return answers;
}

}  // namespace tailor::train
