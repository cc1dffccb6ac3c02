// How good answers are: the figures by which a model is judged, as scikit-learn defines them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tailor::train {

/// One class. What would divide by zero is 0.
struct ClassMetrics {
  int64_t support = 0;    ///< photos of this class
  int64_t predicted = 0;  ///< photos that were named so
  int64_t correct = 0;    ///< photos of this class that were named so
  double precision = 0;   ///< correct / predicted
  double recall = 0;      ///< correct / support
  double f1 = 0;          ///< harmonic mean of the two
};

struct Metrics {
  int64_t photos = 0;
  int64_t correct = 0;
  double loss = 0;  ///< mean cross-entropy, without label smoothing
  double accuracy = 0;
  /// Means over the classes that occur among labels or answers.
  double macro_precision = 0, macro_recall = 0, macro_f1 = 0;
  std::vector<ClassMetrics> classes;
  std::vector<std::vector<int64_t>> confusion;  ///< [label][answer]: number of photos
};

/// From the numbers of photos [label][answer] and the mean loss.
Metrics measure(std::vector<std::vector<int64_t>> confusion, double loss);

/// From logits [n, classes] and labels [n], n >= 1.
Metrics measure(std::span<const float> logits, std::span<const int64_t> labels, int64_t classes);

/// The class with the greatest logit; the first of equal ones.
size_t best_class(std::span<const float> logits);

/// Softmax of one photo's logits.
std::vector<double> probabilities(std::span<const float> logits);

/// -log softmax(logits)[label]
double cross_entropy_of(std::span<const float> logits, size_t label);

/// Photos of one class that were taken for another.
struct Confusion {
  size_t label = 0;
  size_t answer = 0;
  int64_t photos = 0;
};
/// The most frequent mistakes, at most `count`, the worst first.
std::vector<Confusion> worst_confusions(const Metrics& metrics, size_t count);

}  // namespace tailor::train
