// How the numbers of a new network are drawn. On the host, so that every device starts from the
// same bytes: element i of a tensor depends on the key and i alone.
#pragma once

#include "tensor/tensor.h"

namespace tailor::init {

/// Fills f32 and f64 tensors with one number.
void constant(Tensor& tensor, double value);
/// Uniform in [-bound, bound).
void uniform(Tensor& tensor, double bound, const RandomKey& key);
/// Normal with mean 0 (Box and Muller, 1958).
void normal(Tensor& tensor, double deviation, const RandomKey& key);

}  // namespace tailor::init
