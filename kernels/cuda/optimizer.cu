// One step of each optimiser, in place, by PyTorch's formulas in f32.
#include <cmath>

#include "kernels/cuda/tensor_list.h"

namespace tailor::cuda {
namespace {

/// Without momentum there is no third array.
template <bool kMomentum>
struct SgdUpdate {
  static constexpr int kArrays = kMomentum ? 3 : 2;

  float lr, weight_decay, momentum;
  bool first_step, nesterov;

  explicit SgdUpdate(const Sgd& p)
      : lr(static_cast<float>(p.lr)),
        weight_decay(static_cast<float>(p.weight_decay)),
        momentum(static_cast<float>(p.momentum)),
        first_step(p.first_step),
        nesterov(p.nesterov) {}

  /// The first step sets the velocity, which may be uninitialised before.
  __device__ bool reads(int array) const { return array < 2 || !first_step; }
  __device__ void operator()(float (&element)[kArrays]) const {
    float& param = element[0];
    const float gradient = element[kGradient] + weight_decay * param;
    float step = gradient;
    if constexpr (kMomentum) {
      float& velocity = element[2];
      velocity = first_step ? gradient : momentum * velocity + gradient;
      step = nesterov ? gradient + momentum * velocity : velocity;
    }
    param -= lr * step;
  }
};

/// Kingma and Ba, "Adam", 2015, algorithm 1; decoupled as in Loshchilov and Hutter, "Decoupled
/// weight decay regularization", 2019, algorithm 2.
struct AdamUpdate {
  static constexpr int kArrays = 4;

  float beta1, beta2, rest1, rest2;
  float decay;         ///< of the parameter itself (AdamW)
  float weight_decay;  ///< added to the gradient (Adam)
  float lr;            ///< divided by the correction of the mean
  float root;          ///< 1 / square root of the correction of the squares
  float eps;

  static double correction(double beta, int64_t step) {
    return 1 - std::pow(beta, static_cast<double>(step));
  }
  explicit AdamUpdate(const Adam& p)
      : beta1(static_cast<float>(p.beta1)),
        beta2(static_cast<float>(p.beta2)),
        rest1(static_cast<float>(1 - p.beta1)),
        rest2(static_cast<float>(1 - p.beta2)),
        decay(static_cast<float>(p.decoupled ? 1 - p.lr * p.weight_decay : 1)),
        weight_decay(static_cast<float>(p.decoupled ? 0 : p.weight_decay)),
        lr(static_cast<float>(p.lr / correction(p.beta1, p.step))),
        root(static_cast<float>(1 / std::sqrt(correction(p.beta2, p.step)))),
        eps(static_cast<float>(p.eps)) {}

  __device__ bool reads(int) const { return true; }
  __device__ void operator()(float (&element)[kArrays]) const {
    float &param = element[0], &mean = element[2], &square = element[3];
    const float gradient = element[kGradient] + weight_decay * param;
    mean = beta1 * mean + rest1 * gradient;
    square = beta2 * square + rest2 * gradient * gradient;
    param = param * decay - lr * mean / (std::sqrt(square) * root + eps);
  }
};

using Span = std::span<const View>;

template <class Update>
using UpdateAll = void (*)(Backend&, const Arrays<Update::kArrays>&, const Update&);

template <UpdateAll<SgdUpdate<true>> with_momentum, UpdateAll<SgdUpdate<false>> without>
void sgd(Backend& backend, const Sgd& p, Span params, Span grads, Span momentum_buffers) {
  if (p.momentum != 0) {
    with_momentum(backend, {params, grads, momentum_buffers}, SgdUpdate<true>(p));
  } else {
    without(backend, {params, grads}, SgdUpdate<false>(p));
  }
}

template <UpdateAll<AdamUpdate> update_all>
void adam(Backend& backend, const Adam& p, Span params, Span grads, Span exp_avgs,
          Span exp_avg_sqs) {
  update_all(backend, {params, grads, exp_avgs, exp_avg_sqs}, AdamUpdate(p));
}

bool sgd_aligned(const Sgd&, Span params, Span grads, Span momentum_buffers) {
  return all_aligned(params, grads, momentum_buffers);
}
bool adam_aligned(const Adam&, Span params, Span grads, Span exp_avgs, Span exp_avg_sqs) {
  return all_aligned(params, grads, exp_avgs, exp_avg_sqs);
}

TAILOR_KERNEL(table(), sgd, f32, "naive",
              sgd<update_one_by_one<SgdUpdate<true>>, update_one_by_one<SgdUpdate<false>>>);
TAILOR_KERNEL(table(), sgd, f32, "vector",
              sgd<update_together<SgdUpdate<true>>, update_together<SgdUpdate<false>>>,
              sgd_aligned);
TAILOR_KERNEL(table(), adam, f32, "naive", adam<update_one_by_one<AdamUpdate>>);
TAILOR_KERNEL(table(), adam, f32, "vector", adam<update_together<AdamUpdate>>, adam_aligned);

}  // namespace
}  // namespace tailor::cuda
