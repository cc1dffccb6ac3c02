// One step of each optimiser, in place, by PyTorch's formulas.
#include <cmath>

#include "kernels/reference/reference.h"

namespace tailor {
namespace {

template <class T>
void sgd(Backend& backend, const Sgd& p, std::span<const View> params, std::span<const View> grads,
         std::span<const View> momentum_buffers) {
  for (size_t tensor = 0; tensor < params.size(); ++tensor) {
    T* param = params[tensor].as<T>();
    const T* grad = grads[tensor].as<T>();
#pragma omp parallel for num_threads(threads_of(backend))
    for (int64_t i = 0; i < params[tensor].count(); ++i) {
      double step = double(grad[i]) + p.weight_decay * double(param[i]);
      if (p.momentum != 0) {
        T& buffer = momentum_buffers[tensor].as<T>()[i];
        const double velocity = p.first_step ? step : p.momentum * double(buffer) + step;
        buffer = T(velocity);
        step = p.nesterov ? step + p.momentum * velocity : velocity;
      }
      param[i] = T(double(param[i]) - p.lr * step);
    }
  }
}

// Kingma and Ba, "Adam", 2015, algorithm 1; decoupled as in Loshchilov and Hutter, "Decoupled
// weight decay regularization", 2019, algorithm 2.
template <class T>
void adam(Backend& backend, const Adam& p, std::span<const View> params,
          std::span<const View> grads, std::span<const View> exp_avgs,
          std::span<const View> exp_avg_sqs) {
  const double correction1 = 1 - std::pow(p.beta1, double(p.step));
  const double correction2 = 1 - std::pow(p.beta2, double(p.step));
  for (size_t tensor = 0; tensor < params.size(); ++tensor) {
    T* param = params[tensor].as<T>();
    const T* grad = grads[tensor].as<T>();
    T* exp_avg = exp_avgs[tensor].as<T>();
    T* exp_avg_sq = exp_avg_sqs[tensor].as<T>();
#pragma omp parallel for num_threads(threads_of(backend))
    for (int64_t i = 0; i < params[tensor].count(); ++i) {
      double value = double(param[i]);
      double g = double(grad[i]);
      if (p.decoupled) {
        value *= 1 - p.lr * p.weight_decay;
      } else {
        g += p.weight_decay * value;
      }
      const double mean = p.beta1 * double(exp_avg[i]) + (1 - p.beta1) * g;
      const double square = p.beta2 * double(exp_avg_sq[i]) + (1 - p.beta2) * g * g;
      exp_avg[i] = T(mean);
      exp_avg_sq[i] = T(square);
      param[i] = T(value - p.lr * (mean / correction1) / (std::sqrt(square / correction2) + p.eps));
    }
  }
}

TAILOR_KERNEL(reference_table(), sgd, f32, "naive", sgd<float>);
TAILOR_KERNEL(reference_table(), sgd, f64, "naive", sgd<double>);
TAILOR_KERNEL(reference_table(), adam, f32, "naive", adam<float>);
TAILOR_KERNEL(reference_table(), adam, f64, "naive", adam<double>);

}  // namespace
}  // namespace tailor
