#include "layers/basic.h"

#include <cmath>

#include "tensor/init.h"

namespace tailor::layers {
namespace {

/// The numbers of a bias start where those of the weight beside it do not.
RandomKey for_bias(RandomKey key) {
  key.seed ^= 0x9E3779B97F4A7C15;
  return key;
}

}  // namespace

Conv2d::Conv2d(int64_t in, int64_t out, int kernel, const tailor::Conv2d& parameters, bool bias,
               DType dtype, const std::shared_ptr<Backend>& backend)
    : parameters_(parameters),
      weight_(Tensor::empty({out, kernel, kernel, in / parameters.groups}, dtype, backend)) {
  register_parameter("weight", weight_);
  if (bias) {
    bias_ = Tensor::empty({out}, dtype, backend);
    register_parameter("bias", bias_);
  }
}

Tensor Conv2d::forward(const Tensor& x) { return conv2d(x, weight_, parameters_, bias_); }

void Conv2d::reset(const RandomKey& key) {
  const Shape& w = weight_.shape();
  const auto fan_out = static_cast<double>(w[0] * w[1] * w[2]) / parameters_.groups;
  init::normal(weight_, std::sqrt(2.0 / fan_out), key);
  if (bias_.defined()) init::constant(bias_, 0);
}

BatchNorm2d::BatchNorm2d(int64_t channels, double eps, DType dtype,
                         const std::shared_ptr<Backend>& backend)
    : parameters_{.eps = eps} {
  const auto make = [&] { return Tensor::empty({channels}, dtype, backend); };
  tensors_ = {make(), make(), make(), make()};
  register_parameter("weight", tensors_.weight);
  register_parameter("bias", tensors_.bias);
  register_buffer("running_mean", tensors_.running_mean);
  register_buffer("running_var", tensors_.running_var);
}

Tensor BatchNorm2d::forward(const Tensor& x, Activation activation, const Tensor& residual) {
  BatchNorm p = parameters_;
  p.activation = activation;
  const bool frozen = !tensors_.weight.requires_grad() && !tensors_.bias.requires_grad();
  return training() && !frozen ? batch_norm(x, tensors_, p, residual)
                               : batch_norm_frozen(x, tensors_, p, residual);
}

void BatchNorm2d::reset(const RandomKey& /*key*/) {
  init::constant(tensors_.weight, 1);
  init::constant(tensors_.bias, 0);
  init::constant(tensors_.running_mean, 0);
  init::constant(tensors_.running_var, 1);
}

Linear::Linear(int64_t in, int64_t out, DType dtype, const std::shared_ptr<Backend>& backend)
    : weight_(Tensor::empty({out, in}, dtype, backend)),
      bias_(Tensor::empty({out}, dtype, backend)) {
  register_parameter("weight", weight_);
  register_parameter("bias", bias_);
}

void Linear::reset(const RandomKey& key) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(weight_.shape()[1]));
  init::uniform(weight_, bound, key);
  init::uniform(bias_, bound, for_bias(key));
}

Tensor Dropout::forward(const Tensor& x) {
  if (!training() || parameters_.p == 0) return x;
  Tensor y = dropout(x, parameters_);
  ++parameters_.random.step;
  return y;
}

}  // namespace tailor::layers
