// What the steps of optimisers multiply by, worked out in f64 and rounded once to f32.
#pragma once

#include <cmath>

#include "kernels/api/parameters.h"

namespace tailor {

struct SgdFactors {
  float lr, weight_decay, momentum;
  bool first_step, nesterov;

  explicit SgdFactors(const Sgd& p)
      : lr(static_cast<float>(p.lr)),
        weight_decay(static_cast<float>(p.weight_decay)),
        momentum(static_cast<float>(p.momentum)),
        first_step(p.first_step),
        nesterov(p.nesterov) {}
};

/// Kingma and Ba, "Adam", 2015, algorithm 1; decoupled as in Loshchilov and Hutter, "Decoupled
/// weight decay regularization", 2019, algorithm 2. With g = grad + weight_decay * param:
/// mean = beta1 * mean + rest1 * g, square = beta2 * square + rest2 * g * g,
/// param = decay * param - step * mean / (sqrt(square) * root + eps).
struct AdamFactors {
  float beta1, beta2, rest1, rest2;
  float decay;         ///< of the parameter itself (AdamW)
  float weight_decay;  ///< added to the gradient (Adam)
  float step;          ///< learning rate / correction of the mean
  float root;          ///< 1 / square root of the correction of the squares
  float eps;

  explicit AdamFactors(const Adam& p)
      : beta1(static_cast<float>(p.beta1)),
        beta2(static_cast<float>(p.beta2)),
        rest1(static_cast<float>(1 - p.beta1)),
        rest2(static_cast<float>(1 - p.beta2)),
        decay(static_cast<float>(p.decoupled ? 1 - p.lr * p.weight_decay : 1)),
        weight_decay(static_cast<float>(p.decoupled ? 0 : p.weight_decay)),
        step(static_cast<float>(p.lr / correction(p.beta1, p.step))),
        root(static_cast<float>(1 / std::sqrt(correction(p.beta2, p.step)))),
        eps(static_cast<float>(p.eps)) {}

 private:
  static double correction(double beta, int64_t step) {
    return 1 - std::pow(beta, static_cast<double>(step));
  }
};

}  // namespace tailor
