// Softmax and cross-entropy in one, so that no logarithm of a rounded probability is taken.
#include "kernels/cpu/loops.h"
#include "kernels/cpu/softmax.h"

namespace tailor::cpu {
namespace {

/// The targets of a batch: t_k = c_k ((1 - s) [k = label] + s / classes), with s the smoothing and
/// c the class weights. Throws Error on a label out of range.
class Targets {
 public:
  Targets(const CrossEntropy& p, View labels, View class_weights, int64_t classes)
      : labels_(labels.as<int64_t>()),
        weights_(class_weights.as<float>()),
        hard_(1 - p.label_smoothing),
        soft_(p.label_smoothing / static_cast<double>(classes)) {
    for (int64_t row = 0; row < labels.count(); ++row) {
      const int64_t label = labels_[row];
      if (label < 0 || label >= classes) {
        throw Error("cross_entropy: expected labels from 0 to {}, got {} at row {}", classes - 1,
                    label, row);
      }
      divisor_ += weight(label);
    }
    for (int64_t k = 0; k < classes; ++k) weight_sum_ += weight(k);
  }

  double at(int64_t row, int64_t k) const {
    return weight(k) * (k == labels_[row] ? hard_ + soft_ : soft_);
  }
  /// Over all classes of a row.
  double sum(int64_t row) const { return hard_ * weight(labels_[row]) + soft_ * weight_sum_; }
  /// What the batch's sum is divided by.
  double divisor() const { return divisor_; }

 private:
  double weight(int64_t k) const { return weights_ != nullptr ? weights_[k] : 1; }

  const int64_t* labels_;
  const float* weights_;
  double hard_, soft_;
  double divisor_ = 0;
  double weight_sum_ = 0;
};

void cross_entropy(Backend& backend, const CrossEntropy& p, View x_view, View labels,
                   View class_weights, View loss, View probabilities) {
  const int64_t rows = x_view.shape[0], classes = x_view.shape[1];
  const Targets targets(p, labels, class_weights, classes);
  auto* costs = reinterpret_cast<double*>(
      as_cpu(backend).scratch(static_cast<size_t>(rows) * sizeof(double)));
  for_parts(backend, rows, 1, [&](int64_t row, int64_t) {
    const float* x = x_view.as<float>() + row * classes;
    const Normalizer normalizer(x, classes);
    costs[row] = 0;
    for (int64_t k = 0; k < classes; ++k) {
      const double target = targets.at(row, k);
      // Not 0 times minus infinity.
      if (target != 0) costs[row] -= target * normalizer.log_probability(x[k]);
      probabilities.as<float>()[row * classes + k] = normalizer.probability(x[k]);
    }
  });
  double sum = 0;
  for (int64_t row = 0; row < rows; ++row) sum += costs[row];
  *loss.as<float>() = static_cast<float>(sum / targets.divisor());
}

void cross_entropy_backward(Backend& backend, const CrossEntropy& p, View probabilities,
                            View labels, View class_weights, View dloss, View dx) {
  const int64_t rows = probabilities.shape[0], classes = probabilities.shape[1];
  const Targets targets(p, labels, class_weights, classes);
  const double scale = *dloss.as<float>() / targets.divisor();
  for_parts(backend, rows, 1, [&](int64_t row, int64_t) {
    const float* probability = probabilities.as<float>() + row * classes;
    const double sum = targets.sum(row);
    for (int64_t k = 0; k < classes; ++k) {
      dx.as<float>()[row * classes + k] =
          static_cast<float>(scale * (probability[k] * sum - targets.at(row, k)));
    }
  });
}

TAILOR_KERNEL(cpu_table(), cross_entropy, f32, "loop", cross_entropy);
TAILOR_KERNEL(cpu_table(), cross_entropy_backward, f32, "loop", cross_entropy_backward);

}  // namespace
}  // namespace tailor::cpu
