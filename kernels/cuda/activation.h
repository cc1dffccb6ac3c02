// The activation functions and their derivatives, for one number in a register.
#pragma once

#include <cmath>

#include "kernels/api/parameters.h"
#include "kernels/cuda/dialect.h"

namespace tailor::cuda {

/// A NaN stays one. All threads have the same kind, so that the switch splits no warp.
__device__ __forceinline__ float activate(Activation kind, float x) {
  switch (kind) {
    case Activation::none:
      return x;
    case Activation::relu:
      return x <= 0 ? 0 : x;
    case Activation::relu6:
      return x <= 0 ? 0 : x >= 6 ? 6 : x;
    case Activation::sigmoid: {  // exp of what is not positive cannot overflow
      const float e = std::exp(-std::abs(x));
      return (x >= 0 ? 1 : e) / (1 + e);
    }
  }
  return x;
}

/// The gradient before the activation, from the result y and the gradient dy behind it.
__device__ __forceinline__ float activation_gradient(Activation kind, float y, float dy) {
  switch (kind) {
    case Activation::none:
      return dy;
    case Activation::relu:
      return y <= 0 ? 0 : dy;
    case Activation::relu6:
      return y <= 0 || y >= 6 ? 0 : dy;
    case Activation::sigmoid:
      return dy * y * (1 - y);
  }
  return dy;
}

}  // namespace tailor::cuda
