// One step of each optimiser, in place, by PyTorch's formulas in f32.
#include <cmath>

#include "kernels/api/optimizer_factors.h"
#include "kernels/cuda/tensor_list.h"

namespace tailor::cuda {
namespace {

/// Without momentum there is no third array.
template <bool kMomentum>
struct SgdUpdate : SgdFactors {
  static constexpr int kArrays = kMomentum ? 3 : 2;

  using SgdFactors::SgdFactors;

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

struct AdamUpdate : AdamFactors {
  static constexpr int kArrays = 4;

  using AdamFactors::AdamFactors;

  __device__ bool reads(int) const { return true; }
  __device__ void operator()(float (&element)[kArrays]) const {
    float &param = element[0], &mean = element[2], &square = element[3];
    const float gradient = element[kGradient] + weight_decay * param;
    mean = beta1 * mean + rest1 * gradient;
    square = beta2 * square + rest2 * gradient * gradient;
    param = param * decay - step * mean / (std::sqrt(square) * root + eps);
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
