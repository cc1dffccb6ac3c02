// The activation functions and their derivatives, for one number inside a vector loop.
#pragma once

#include <cmath>
#include <type_traits>

#include "kernels/api/parameters.h"

namespace tailor::cpu {

/// A NaN stays one.
template <Activation kind>
inline float activate(float x) {
  if constexpr (kind == Activation::relu) return x <= 0 ? 0 : x;
  if constexpr (kind == Activation::relu6) return x <= 0 ? 0 : x >= 6 ? 6 : x;
  if constexpr (kind == Activation::sigmoid) {  // exp of what is not positive cannot overflow
    const float e = std::exp(-std::abs(x));
    return (x >= 0 ? 1 : e) / (1 + e);
  }
  return x;
}

/// The gradient before the activation, from the result y and the gradient dy behind it.
template <Activation kind>
inline float activation_gradient(float y, float dy) {
  if constexpr (kind == Activation::relu) return y <= 0 ? 0 : dy;
  if constexpr (kind == Activation::relu6) return y <= 0 || y >= 6 ? 0 : dy;
  if constexpr (kind == Activation::sigmoid) return dy * y * (1 - y);
  return dy;
}

template <Activation kind>
using ActivationConstant = std::integral_constant<Activation, kind>;

/// f(ActivationConstant<kind>()), so that a loop is compiled for each activation.
template <class F>
void with_activation(Activation kind, const F& f) {
  switch (kind) {
    case Activation::none:
      return f(ActivationConstant<Activation::none>());
    case Activation::relu:
      return f(ActivationConstant<Activation::relu>());
    case Activation::relu6:
      return f(ActivationConstant<Activation::relu6>());
    case Activation::sigmoid:
      return f(ActivationConstant<Activation::sigmoid>());
  }
}

}  // namespace tailor::cpu
