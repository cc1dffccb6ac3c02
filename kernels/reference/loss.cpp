// The cross-entropy of softmax(x) and labels, fused so that no logarithm of a probability is taken.
#include <cmath>

#include "kernels/reference/exp_sum.h"
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

// The targets of a sample are t_k = (1 - s) [k = label] + s / classes; it costs
//   -sum_k t_k c_k log p_k, and its gradient is p_k sum_j t_j c_j - t_k c_k,
// with s the smoothing and c the class weights. This is t_k c_k.
template <class T>
double target(const CrossEntropy& p, View class_weights, int64_t label, int64_t classes,
              int64_t k) {
  const double hard = k == label ? 1 - p.label_smoothing : 0;
  const double weight = class_weights ? double(class_weights.as<T>()[k]) : 1;
  return (hard + p.label_smoothing / double(classes)) * weight;
}

// What the sum over the samples is divided by.
template <class T>
double label_weight(View labels, View class_weights) {
  if (!class_weights) return double(labels.count());
  double sum = 0;
  for (int64_t row = 0; row < labels.count(); ++row) {
    sum += double(class_weights.as<T>()[labels.as<int64_t>()[row]]);
  }
  return sum;
}

template <class T>
void cross_entropy(Backend& /*backend*/, const CrossEntropy& p, View x_view, View labels,
                   View class_weights, View loss, View probabilities) {
  const int64_t rows = x_view.shape[0], classes = x_view.shape[1];
  check_labels(labels, classes);
  double loss_sum = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const T* x = x_view.as<T>() + row * classes;
    const int64_t label = labels.as<int64_t>()[row];
    const auto [maximum, sum] = exp_sum(x, classes);
    for (int64_t k = 0; k < classes; ++k) {
      const double t = target<T>(p, class_weights, label, classes, k);
      const double log_p = double(x[k]) - maximum - std::log(sum);
      if (t != 0) loss_sum -= t * log_p;  // 0 times minus infinity would be NaN
      probabilities.as<T>()[row * classes + k] = T(std::exp(double(x[k]) - maximum) / sum);
    }
  }
  *loss.as<T>() = T(loss_sum / label_weight<T>(labels, class_weights));
}

template <class T>
void cross_entropy_backward(Backend& backend, const CrossEntropy& p, View probabilities,
                            View labels, View class_weights, View dloss, View dx) {
  const int64_t rows = probabilities.shape[0], classes = probabilities.shape[1];
  check_labels(labels, classes);
  const double scale = double(*dloss.as<T>()) / label_weight<T>(labels, class_weights);
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t label = labels.as<int64_t>()[row];
    double targets = 0;
    for (int64_t k = 0; k < classes; ++k) {
      targets += target<T>(p, class_weights, label, classes, k);
    }
    for (int64_t k = 0; k < classes; ++k) {
      const int64_t i = row * classes + k;
      dx.as<T>()[i] = T(scale * (double(probabilities.as<T>()[i]) * targets -
                                 target<T>(p, class_weights, label, classes, k)));
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
