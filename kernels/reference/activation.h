// The activation functions and their derivatives, for one number.
#pragma once

#include <cmath>

#include "kernels/api/parameters.h"

namespace tailor {

/// A NaN stays one.
inline double activate(Activation kind, double x) {
  switch (kind) {
    case Activation::none:
      return x;
    case Activation::relu:
      return x <= 0 ? 0 : x;
    case Activation::relu6:
      return x <= 0 ? 0 : x >= 6 ? 6 : x;
    case Activation::sigmoid:  // exp never gets a positive argument, so it cannot overflow
      return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
  }
  return x;
}

/// The gradient before the activation, from the result y and the gradient dy behind it.
inline double activation_gradient(Activation kind, double y, double dy) {
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

}  // namespace tailor
