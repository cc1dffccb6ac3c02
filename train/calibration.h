// Whether a model is right as often as it claims to be.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tailor::train {

/// Photos whose answer has a probability in (from, to].
struct CalibrationBin {
  double from = 0;
  double to = 0;
  int64_t photos = 0;
  double confidence = 0;  ///< mean probability of the answers; 0 without photos
  double accuracy = 0;    ///< share of right answers; 0 without photos
};

/// Guo et al., "On calibration of modern neural networks" (2017), with ten bins of equal width.
struct Calibration {
  std::vector<CalibrationBin> bins;
  double confidence = 0;      ///< mean probability of all answers
  double expected_error = 0;  ///< their equation 3: the mean of |accuracy - confidence| over photos
};

/// From logits [n, classes] and labels [n], n >= 1.
Calibration calibrate(std::span<const float> logits, std::span<const int64_t> labels,
                      int64_t classes);

}  // namespace tailor::train
