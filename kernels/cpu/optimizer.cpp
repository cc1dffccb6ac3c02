// One step of each optimiser, in place, by PyTorch's formulas in f32.
#include <cmath>

#include "kernels/api/optimizer_factors.h"
#include "kernels/cpu/loops.h"

namespace tailor::cpu {
namespace {

TAILOR_VECTORIZED void descend(const SgdFactors& f, float* param, const float* grad,
                               int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    param[i] -= f.lr * (grad[i] + f.weight_decay * param[i]);
  }
}

TAILOR_VECTORIZED void descend_with_momentum(const SgdFactors& f, float* param, const float* grad,
                                             float* velocity, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float g = grad[i] + f.weight_decay * param[i];
    const float v = f.first_step ? g : f.momentum * velocity[i] + g;
    velocity[i] = v;
    param[i] -= f.lr * (f.nesterov ? g + f.momentum * v : v);
  }
}

void sgd(Backend& backend, const Sgd& p, std::span<const View> params, std::span<const View> grads,
         std::span<const View> momentum_buffers) {
  const SgdFactors factors(p);
  for (size_t t = 0; t < params.size(); ++t) {
    for_parts(backend, params[t].count(), kPart, [&](int64_t begin, int64_t end) {
      float* param = params[t].as<float>() + begin;
      const float* grad = grads[t].as<float>() + begin;
      if (p.momentum == 0) return descend(factors, param, grad, end - begin);
      descend_with_momentum(factors, param, grad, momentum_buffers[t].as<float>() + begin,
                            end - begin);
    });
  }
}

TAILOR_VECTORIZED void adapt(const AdamFactors& f, float* param, const float* grad, float* exp_avg,
                             float* exp_avg_sq, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float g = grad[i] + f.weight_decay * param[i];
    const float mean = f.beta1 * exp_avg[i] + f.rest1 * g;
    const float square = f.beta2 * exp_avg_sq[i] + f.rest2 * g * g;
    exp_avg[i] = mean;
    exp_avg_sq[i] = square;
    param[i] = param[i] * f.decay - f.step * mean / (std::sqrt(square) * f.root + f.eps);
  }
}

void adam(Backend& backend, const Adam& p, std::span<const View> params,
          std::span<const View> grads, std::span<const View> exp_avgs,
          std::span<const View> exp_avg_sqs) {
  const AdamFactors factors(p);
  for (size_t t = 0; t < params.size(); ++t) {
    for_parts(backend, params[t].count(), kPart, [&](int64_t begin, int64_t end) {
      adapt(factors, params[t].as<float>() + begin, grads[t].as<float>() + begin,
            exp_avgs[t].as<float>() + begin, exp_avg_sqs[t].as<float>() + begin, end - begin);
    });
  }
}

TAILOR_KERNEL(cpu_table(), sgd, f32, "vector", sgd);
TAILOR_KERNEL(cpu_table(), adam, f32, "vector", adam);

}  // namespace
}  // namespace tailor::cpu
