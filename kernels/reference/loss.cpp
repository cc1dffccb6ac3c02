// The cross-entropy of softmax(x) and labels, fused so that no logarithm of a probability is taken.
#include <cmath>

#include "kernels/reference/log_sum_exp.h"
#include "kernels/reference/reference.h"

namespace tailor {
namespace {

void check_labels(View labels, int64_t classes) {
  for (int64_t row = 0; row < labels.count(); ++row) {
    const int64_t label = labels.as<int64_t>()[row];
    if (label < 0 || label >= classes) {
      throw Error("cross_entropy: expected labels from 0 to {}, got {} at row {}", classes - 1,
                  label, row);
    }
  }
}

template <class T>
double class_weight(View class_weights, int64_t k) {
  return class_weights ? double(class_weights.as<T>()[k]) : 1.0;
}

/// What the loss is divided by: the sum of the weights of all labels.
template <class T>
double label_weight(View labels, View class_weights) {
  double sum = 0;
  for (int64_t row = 0; row < labels.count(); ++row) {
    sum += class_weight<T>(class_weights, labels.as<int64_t>()[row]);
  }
  return sum;
}

// A sample costs -(1 - s) c_label log p_label - s / classes * sum_k c_k log p_k.
template <class T>
void cross_entropy(Backend& /*backend*/, const CrossEntropy& p, View x_view, View labels,
                   View class_weights, View loss, View probabilities) {
  const int64_t rows = x_view.shape[0], classes = x_view.shape[1];
  const double smoothing = p.label_smoothing;
  check_labels(labels, classes);
  double sum = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const T* x = x_view.as<T>() + row * classes;
    const int64_t label = labels.as<int64_t>()[row];
    const double log_sum = log_sum_exp(x, classes);
    sum -= (1 - smoothing) * class_weight<T>(class_weights, label) * (double(x[label]) - log_sum);
    for (int64_t k = 0; k < classes; ++k) {
      const double log_p = double(x[k]) - log_sum;
      if (smoothing != 0) {  // 0 times minus infinity would be NaN
        sum -= smoothing / double(classes) * class_weight<T>(class_weights, k) * log_p;
      }
      probabilities.as<T>()[row * classes + k] = T(std::exp(log_p));
    }
  }
  *loss.as<T>() = T(sum / label_weight<T>(labels, class_weights));
}

// For that sample, d/dx_k = (1 - s) c_label (p_k - [k = label]) + s / classes (p_k sum_j c_j -
// c_k).
template <class T>
void cross_entropy_backward(Backend& backend, const CrossEntropy& p, View probabilities,
                            View labels, View class_weights, View dloss, View dx_view) {
  const int64_t rows = probabilities.shape[0], classes = probabilities.shape[1];
  check_labels(labels, classes);
  const double scale = double(*dloss.as<T>()) / label_weight<T>(labels, class_weights);
  double all_weights = 0;
  for (int64_t k = 0; k < classes; ++k) all_weights += class_weight<T>(class_weights, k);
  const double smoothing = p.label_smoothing / double(classes);

#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t label = labels.as<int64_t>()[row];
    const double label_part = (1 - p.label_smoothing) * class_weight<T>(class_weights, label);
    for (int64_t k = 0; k < classes; ++k) {
      const double probability = double(probabilities.as<T>()[row * classes + k]);
      const double target = k == label ? 1 : 0;
      dx_view.as<T>()[row * classes + k] =
          T(scale * (label_part * (probability - target) +
                     smoothing * (probability * all_weights - class_weight<T>(class_weights, k))));
    }
  }
}

TAILOR_KERNEL(reference_table(), cross_entropy, f32, "naive", cross_entropy<float>);
TAILOR_KERNEL(reference_table(), cross_entropy, f64, "naive", cross_entropy<double>);
TAILOR_KERNEL(reference_table(), cross_entropy_backward, f32, "naive",
              cross_entropy_backward<float>);
TAILOR_KERNEL(reference_table(), cross_entropy_backward, f64, "naive",
              cross_entropy_backward<double>);

}  // namespace
}  // namespace tailor
