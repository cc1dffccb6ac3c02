// Planted bugs: steps of training left out, taken twice or at the wrong time.
#include <cmath>

#include "kernels/cuda/launch.h"
#include "kernels/cuda/wide.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 64;

// --- dropout ---

__global__ void dropout_not_scaled(Dropout p, const float* x, uint8_t* mask, float* y,
                                   int64_t count) {
  const int64_t i = grid_thread();
  if (i >= count) return;
  const bool kept = uniform_at(p.random, static_cast<uint64_t>(i)) >= static_cast<float>(p.p);
  mask[i] = kept ? 1 : 0;
  y[i] = kept ? x[i] : 0;  // BUG: x / (1 - p)
}

void launch_dropout_not_scaled(Backend& backend, const Dropout& p, View x, View mask, View y) {
  launch(backend, {blocks_for(y.count(), kThreads), kThreads}, dropout_not_scaled)(
      p, x.as<float>(), mask.as<uint8_t>(), y.as<float>(), y.count());
}

__global__ void mask_forgotten(Dropout p, const float* dy, float* dx, int64_t count) {
  const int64_t i = grid_thread();
  // BUG: what was dropped gets a gradient
  if (i < count) dx[i] = dy[i] / (1 - static_cast<float>(p.p));
}

void launch_mask_forgotten(Backend& backend, const Dropout& p, View dy, View /*mask*/, View dx) {
  launch(backend, {blocks_for(dx.count(), kThreads), kThreads}, mask_forgotten)(
      p, dy.as<float>(), dx.as<float>(), dx.count());
}

// --- the gradient of the loss, one thread an element ---

enum class LossSlip { smoothing_forgotten, divided_by_rows, weight_of_label_only };

/// The bug is the line that asks for `slip`.
template <LossSlip slip>
__global__ void loss_gradient(float smoothing, const float* probabilities, const int64_t* labels,
                              const float* class_weights, const float* dloss, float* dx,
                              int64_t rows, int64_t classes) {
  const int64_t i = grid_thread(), row = i / classes, k = i % classes;
  if (i >= rows * classes) return;
  if (slip == LossSlip::smoothing_forgotten) smoothing = 0;
  const auto weight = [&](int64_t c) { return class_weights == nullptr ? 1 : class_weights[c]; };
  const auto target = [&](int64_t c) {
    const float hard = c == labels[row] ? 1 - smoothing : 0;
    const int64_t of = slip == LossSlip::weight_of_label_only ? labels[row] : c;
    return (hard + smoothing / static_cast<float>(classes)) * weight(of);
  };
  float targets = 0, divisor = 0;
  for (int64_t c = 0; c < classes; ++c) targets += target(c);
  for (int64_t r = 0; r < rows; ++r) divisor += weight(labels[r]);
  if (slip == LossSlip::divided_by_rows) divisor = static_cast<float>(rows);
  dx[i] = dloss[0] / divisor * (probabilities[i] * targets - target(k));
}

template <LossSlip slip>
void launch_loss_gradient(Backend& backend, const CrossEntropy& p, View probabilities, View labels,
                          View class_weights, View dloss, View dx) {
  launch(backend, {blocks_for(dx.count(), kThreads), kThreads}, loss_gradient<slip>)(
      static_cast<float>(p.label_smoothing), probabilities.as<float>(), labels.as<int64_t>(),
      class_weights.as<float>(), dloss.as<float>(), dx.as<float>(), dx.shape[0], dx.shape[1]);
}

/// One thread a channel: dx = weight rstd (dy - mean(dy) - x^ mean(dy x^)).
__global__ void mean_taken_for_constant(const float* x, const float* dy, const float* weight,
                                        const float* mean, const float* rstd, float* dx,
                                        float* dweight, float* dbias, int64_t rows,
                                        int64_t channels) {
  const int64_t c = grid_thread();
  if (c >= channels) return;
  float sum = 0, sum_normalised = 0;
  for (int64_t i = c; i < rows * channels; i += channels) {
    sum += dy[i];
    sum_normalised += dy[i] * (x[i] - mean[c]) * rstd[c];
  }
  dbias[c] = sum;
  dweight[c] = sum_normalised;
  for (int64_t i = c; i < rows * channels; i += channels) {
    const float normalised = (x[i] - mean[c]) * rstd[c];
    dx[i] = weight[c] * rstd[c] *  // BUG: dy - sum / rows
            (dy[i] - normalised * sum_normalised / static_cast<float>(rows));
  }
}

void launch_mean_taken_for_constant(Backend& backend, const BatchNorm& /*p*/, View x, View /*y*/,
                                    View dy, View weight, View saved_mean, View saved_rstd, View dx,
                                    View dweight, View dbias, View /*dresidual*/) {
  const int64_t channels = weight.count();
  launch(backend, {blocks_for(channels, kThreads), kThreads}, mean_taken_for_constant)(
      x.as<float>(), dy.as<float>(), weight.as<float>(), saved_mean.as<float>(),
      saved_rstd.as<float>(), dx.as<float>(), dweight.as<float>(), dbias.as<float>(),
      x.count() / channels, channels);
}

bool is_plain(const BatchNorm& p, View, View, View, View, View, View, View, View, View,
              View dresidual) {
  return p.activation == Activation::none && !dresidual;
}

// --- optimisers, one launch a tensor ---

enum class SgdSlip { nesterov_forgotten, first_step_like_others, decay_of_the_buffer };

/// The bug is the line that asks for `slip`.
template <SgdSlip slip>
__global__ void sgd_step(Sgd p, float* param, const float* grad, float* buffer, int64_t count) {
  const int64_t i = grid_thread();
  if (i >= count) return;
  const auto momentum = static_cast<float>(p.momentum), decay = static_cast<float>(p.weight_decay);
  if (slip == SgdSlip::nesterov_forgotten) p.nesterov = false;
  if (slip == SgdSlip::first_step_like_others) p.first_step = false;
  float step = grad[i] + decay * param[i];
  if (buffer != nullptr) {
    if (slip == SgdSlip::decay_of_the_buffer) step = grad[i] + decay * buffer[i];
    const float velocity = p.first_step ? step : momentum * buffer[i] + step;
    buffer[i] = velocity;
    step = p.nesterov ? step + momentum * velocity : velocity;
  }
  param[i] -= static_cast<float>(p.lr) * step;
}

template <SgdSlip slip>
void launch_sgd(Backend& backend, const Sgd& p, std::span<const View> params,
                std::span<const View> grads, std::span<const View> momentum_buffers) {
  for (size_t i = 0; i < params.size(); ++i) {
    launch(backend, {blocks_for(params[i].count(), kThreads), kThreads}, sgd_step<slip>)(
        p, params[i].as<float>(), grads[i].as<float>(),
        p.momentum == 0 ? nullptr : momentum_buffers[i].as<float>(), params[i].count());
  }
}

enum class AdamSlip { decay_coupled, correction_a_step_behind, epsilon_in_the_root };

/// correction1, correction2: 1 - beta^step. The bug is the line that asks for `slip`.
template <AdamSlip slip>
__global__ void adam_step(Adam p, float correction1, float correction2, float* param,
                          const float* grad, float* exp_avg, float* exp_avg_sq, int64_t count) {
  const int64_t i = grid_thread();
  if (i >= count) return;
  const auto beta1 = static_cast<float>(p.beta1), beta2 = static_cast<float>(p.beta2);
  const auto lr = static_cast<float>(p.lr), decay = static_cast<float>(p.weight_decay);
  const auto eps = static_cast<float>(p.eps);
  if (slip == AdamSlip::decay_coupled) p.decoupled = false;
  const float g = p.decoupled ? grad[i] : grad[i] + decay * param[i];
  const float mean = beta1 * exp_avg[i] + (1 - beta1) * g;
  const float square = beta2 * exp_avg_sq[i] + (1 - beta2) * g * g;
  exp_avg[i] = mean;
  exp_avg_sq[i] = square;
  const float root = slip == AdamSlip::epsilon_in_the_root ? sqrtf(square / correction2 + eps)
                                                           : sqrtf(square / correction2) + eps;
  const float value = p.decoupled ? param[i] * (1 - lr * decay) : param[i];
  param[i] = value - lr * (mean / correction1) / root;
}

template <AdamSlip slip>
void launch_adam(Backend& backend, const Adam& p, std::span<const View> params,
                 std::span<const View> grads, std::span<const View> exp_avgs,
                 std::span<const View> exp_avg_sqs) {
  const auto step =
      static_cast<double>(slip == AdamSlip::correction_a_step_behind ? p.step - 1 : p.step);
  for (size_t i = 0; i < params.size(); ++i) {
    launch(backend, {blocks_for(params[i].count(), kThreads), kThreads}, adam_step<slip>)(
        p, static_cast<float>(1 - std::pow(p.beta1, step)),
        static_cast<float>(1 - std::pow(p.beta2, step)), params[i].as<float>(),
        grads[i].as<float>(), exp_avgs[i].as<float>(), exp_avg_sqs[i].as<float>(),
        params[i].count());
  }
}

TAILOR_KERNEL(table(), dropout, f32, "dropout_not_scaled", launch_dropout_not_scaled);
TAILOR_KERNEL(table(), dropout_backward, f32, "mask_forgotten", launch_mask_forgotten);
TAILOR_KERNEL(table(), cross_entropy_backward, f32, "smoothing_forgotten",
              launch_loss_gradient<LossSlip::smoothing_forgotten>);
TAILOR_KERNEL(table(), cross_entropy_backward, f32, "divided_by_rows",
              launch_loss_gradient<LossSlip::divided_by_rows>);
TAILOR_KERNEL(table(), cross_entropy_backward, f32, "weight_of_label_only",
              launch_loss_gradient<LossSlip::weight_of_label_only>);
TAILOR_KERNEL(table(), batch_norm_backward, f32, "mean_taken_for_constant",
              launch_mean_taken_for_constant, is_plain);
TAILOR_KERNEL(table(), sgd, f32, "nesterov_forgotten", launch_sgd<SgdSlip::nesterov_forgotten>);
TAILOR_KERNEL(table(), sgd, f32, "first_step_like_others",
              launch_sgd<SgdSlip::first_step_like_others>);
TAILOR_KERNEL(table(), sgd, f32, "decay_of_the_buffer", launch_sgd<SgdSlip::decay_of_the_buffer>);
TAILOR_KERNEL(table(), adam, f32, "decay_coupled", launch_adam<AdamSlip::decay_coupled>);
TAILOR_KERNEL(table(), adam, f32, "correction_a_step_behind",
              launch_adam<AdamSlip::correction_a_step_behind>);
TAILOR_KERNEL(table(), adam, f32, "epsilon_in_the_root",
              launch_adam<AdamSlip::epsilon_in_the_root>);

}  // namespace
}  // namespace tailor::cuda
