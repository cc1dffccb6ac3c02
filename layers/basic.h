// The layers that own tensors. Those that do not (relu, pooling) are plain functions in
// tensor/ops.h.
#pragma once

#include <cstdint>

#include "layers/module.h"

namespace tailor::layers {

/// weight [out, k, k, in / groups] and optionally bias [out].
/// Starts as He et al., "Delving deep into rectifiers" (2015), by the outputs' fan.
class Conv2d : public Module {
 public:
  Conv2d(int64_t in, int64_t out, int kernel, const tailor::Conv2d& parameters, bool bias,
         DType dtype, const std::shared_ptr<Backend>& backend);
  Tensor forward(const Tensor& x) override;

 private:
  void reset(const RandomKey& key) override;

  tailor::Conv2d parameters_;
  Tensor weight_;
  Tensor bias_;
};

/// weight, bias, running_mean, running_var [channels]. With weight and bias both frozen it uses and
/// keeps its running statistics in training too.
class BatchNorm2d : public Module {
 public:
  BatchNorm2d(int64_t channels, double eps, DType dtype, const std::shared_ptr<Backend>& backend);
  Tensor forward(const Tensor& x) override { return forward(x, Activation::none); }
  /// activation(batch norm of x + residual) in one operation.
  Tensor forward(const Tensor& x, Activation activation, const Tensor& residual = {});

 private:
  void reset(const RandomKey& key) override;

  BatchNorm parameters_;
  BatchNormTensors tensors_;
};

/// weight [out, in], bias [out]; starts uniform in +-1/sqrt(in), as PyTorch's.
class Linear : public Module {
 public:
  Linear(int64_t in, int64_t out, DType dtype, const std::shared_ptr<Backend>& backend);
  Tensor forward(const Tensor& x) override { return linear(x, weight_, bias_); }

 private:
  void reset(const RandomKey& key) override;

  Tensor weight_;
  Tensor bias_;
};

/// Zeroes a share p of x in training, anew in each call; numbers are those of its seed.
class Dropout : public Module {
 public:
  Dropout(double p, uint64_t seed) : parameters_{p, {.seed = seed, .stream = Stream::dropout}} {}
  Tensor forward(const Tensor& x) override;

 private:
  tailor::Dropout parameters_;
};

}  // namespace tailor::layers
