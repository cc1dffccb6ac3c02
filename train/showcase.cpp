#include "train/showcase.h"

#include <algorithm>
#include <array>

#include "io/image_write.h"
#include "io/transform.h"
#include "train/heat_map.h"
#include "train/metrics.h"
#include "train/predictor.h"

namespace tailor::train {
namespace {

constexpr size_t kShown = 12;
constexpr int kWidest = 224;  // pixels
constexpr int kQuality = 85;

/// An answer, and where its photo is among the samples.
struct Candidate {
  size_t sample;
  size_t label;
  size_t answer;
  double probability;
};

std::vector<Candidate> candidates(const Answers& answers, size_t classes) {
  std::vector<Candidate> all;
  for (size_t i = 0; i < answers.labels.size(); ++i) {
    const auto logits = std::span(answers.logits).subspan(i * classes, classes);
    const size_t answer = best_class(logits);
    all.push_back({answers.indices[i], static_cast<size_t>(answers.labels[i]), answer,
                   probabilities(logits)[answer]});
  }
  return all;
}

std::vector<uint8_t> thumbnail(const io::Image& picture) {
  if (picture.width <= kWidest) return io::encode_jpeg(picture, kQuality);
  return io::encode_jpeg(io::resize(picture, kWidest, kWidest), kQuality);
}

ShownPhoto show(const io::Model& model, const io::Sample& sample, const Candidate& chosen) {
  const Preprocessing preprocessing = model.network->options().variant.preprocessing;
  const int size = model.info.image_size;
  const io::Photo photo = io::read_photo(sample);
  const io::Image picture =
      io::Transform::evaluation(preprocessing, size)(photo.image, photo.content_hash, 0);
  const Tensor x =
      to_input({picture.rgb, {sample.label}, {0}}, preprocessing, size, backend_of(*model.network));
  const std::array<size_t, 1> answer = {chosen.answer};
  const HeatMap map = heat_maps(*model.network, x, answer).front();
  return {sample.name(),      chosen.label,       chosen.answer,
          chosen.probability, thumbnail(picture), thumbnail(overlay(picture, map))};
}

/// The first of `chosen` that can still be read.
std::vector<ShownPhoto> show_first(const io::Model& model, const std::vector<io::Sample>& samples,
                                   const std::vector<Candidate>& chosen) {
  std::vector<ShownPhoto> shown;
  for (const Candidate& candidate : chosen) {
    if (shown.size() == kShown) break;
    try {
      shown.push_back(show(model, samples[candidate.sample], candidate));
    } catch (const Error&) {
      continue;  // it was deleted meanwhile
    }
  }
  return shown;
}

nlohmann::json to_json(const std::vector<ShownPhoto>& photos,
                       const std::vector<std::string>& classes) {
  nlohmann::json list = nlohmann::json::array();
  for (const ShownPhoto& photo : photos) {
    list.push_back({{"photo", photo.name},
                    {"class", classes[photo.label]},
                    {"answer", classes[photo.answer]},
                    {"probability", photo.probability}});
  }
  return list;
}

}  // namespace

Showcase make_showcase(const io::Model& model, const std::vector<io::Sample>& samples,
                       const Answers& answers) {
  std::vector<Candidate> right, wrong;
  for (const Candidate& candidate : candidates(answers, model.info.classes.size())) {
    (candidate.answer == candidate.label ? right : wrong).push_back(candidate);
  }
  std::stable_sort(wrong.begin(), wrong.end(), [](const Candidate& a, const Candidate& b) {
    return a.probability > b.probability;
  });
  std::stable_sort(right.begin(), right.end(), [](const Candidate& a, const Candidate& b) {
    return a.probability < b.probability;
  });
  return {show_first(model, samples, wrong), show_first(model, samples, right)};
}

nlohmann::json to_json(const Showcase& showcase, const std::vector<std::string>& classes) {
  return {{"mistakes", to_json(showcase.mistakes, classes)},
          {"unsure", to_json(showcase.unsure, classes)}};
}

}  // namespace tailor::train
