#include "train/metrics.h"

#include <algorithm>
#include <cmath>

namespace tailor::train {
namespace {

double ratio(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// log(sum(exp(logits))), shifted by the greatest so that nothing overflows.
double log_sum_exp(std::span<const float> logits) {
  const double greatest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - greatest);
  return greatest + std::log(sum);
}

void finish_class(ClassMetrics& c) {
  c.precision = ratio(c.correct, c.predicted);
  c.recall = ratio(c.correct, c.support);
  c.f1 = ratio(2 * c.correct, c.support + c.predicted);
}

}  // namespace

size_t best_class(std::span<const float> logits) {
  return static_cast<size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

std::vector<double> probabilities(std::span<const float> logits) {
  const double normaliser = log_sum_exp(logits);
  std::vector<double> result;
  for (const float logit : logits) result.push_back(std::exp(logit - normaliser));
  return result;
}

double cross_entropy_of(std::span<const float> logits, size_t label) {
  return log_sum_exp(logits) - logits[label];
}

Metrics measure(std::vector<std::vector<int64_t>> confusion, double loss) {
  Metrics metrics{.loss = loss};
  metrics.classes.resize(confusion.size());
  for (size_t label = 0; label < confusion.size(); ++label) {
    for (size_t answer = 0; answer < confusion.size(); ++answer) {
      const int64_t photos = confusion[label][answer];
      metrics.photos += photos;
      metrics.classes[label].support += photos;
      metrics.classes[answer].predicted += photos;
      if (label == answer) metrics.classes[label].correct = photos;
    }
  }
  int64_t occurring = 0;
  for (ClassMetrics& c : metrics.classes) {
    finish_class(c);
    metrics.correct += c.correct;
    if (c.support + c.predicted > 0) ++occurring;
    metrics.macro_precision += c.precision;
    metrics.macro_recall += c.recall;
    metrics.macro_f1 += c.f1;
  }
  metrics.accuracy = ratio(metrics.correct, metrics.photos);
  for (double* mean : {&metrics.macro_precision, &metrics.macro_recall, &metrics.macro_f1}) {
    *mean /= static_cast<double>(occurring);
  }
  metrics.confusion = std::move(confusion);
  return metrics;
}

Metrics measure(std::span<const float> logits, std::span<const int64_t> labels, int64_t classes) {
  const auto width = static_cast<size_t>(classes);
  std::vector<std::vector<int64_t>> confusion(width, std::vector<int64_t>(width));
  double loss = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto row = logits.subspan(i * width, width);
    const auto label = static_cast<size_t>(labels[i]);
    loss += cross_entropy_of(row, label);
    ++confusion[label][best_class(row)];
  }
  return measure(std::move(confusion), loss / static_cast<double>(labels.size()));
}

std::vector<Confusion> worst_confusions(const Metrics& metrics, size_t count) {
  std::vector<Confusion> all;
  for (size_t label = 0; label < metrics.confusion.size(); ++label) {
    for (size_t answer = 0; answer < metrics.confusion.size(); ++answer) {
      const int64_t photos = metrics.confusion[label][answer];
      if (label != answer && photos > 0) all.push_back({label, answer, photos});
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Confusion& a, const Confusion& b) { return a.photos > b.photos; });
  all.resize(std::min(all.size(), count));
  return all;
}

}  // namespace tailor::train
