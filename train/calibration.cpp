#include "train/calibration.h"

#include <algorithm>
#include <cmath>

#include "train/metrics.h"

namespace tailor::train {
namespace {

constexpr int kBins = 10;

size_t bin_of(double probability) {
  return static_cast<size_t>(std::clamp(std::ceil(probability * kBins) - 1, 0.0, kBins - 1.0));
}

}  // namespace

Calibration calibrate(std::span<const float> logits, std::span<const int64_t> labels,
                      int64_t classes) {
  const auto width = static_cast<size_t>(classes);
  Calibration result;
  for (int i = 0; i < kBins; ++i) {
    result.bins.push_back({static_cast<double>(i) / kBins, static_cast<double>(i + 1) / kBins});
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto row = logits.subspan(i * width, width);
    const size_t answer = best_class(row);
    const double probability = probabilities(row)[answer];
    CalibrationBin& bin = result.bins[bin_of(probability)];
    ++bin.photos;
    bin.confidence += probability;
    bin.accuracy += answer == static_cast<size_t>(labels[i]) ? 1 : 0;
    result.confidence += probability;
  }
  const auto photos = static_cast<double>(labels.size());
  result.confidence /= photos;
  for (CalibrationBin& bin : result.bins) {
    if (bin.photos == 0) continue;
    const auto n = static_cast<double>(bin.photos);
    bin.confidence /= n;
    bin.accuracy /= n;
    result.expected_error += n / photos * std::abs(bin.accuracy - bin.confidence);
  }
  return result;
}

}  // namespace tailor::train
