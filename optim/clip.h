// Clipping: gradients that are too long together are shortened.
#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace tailor::optim {

/// torch.nn.utils.clip_grad_norm_: scales the gradients of all parameters by max_norm / (norm +
/// 1e-6) where that is below 1 (Pascanu et al., "On the difficulty of training recurrent neural
/// networks", 2013). Parameters without a gradient count nothing. Returns their joint Euclidean
/// norm before, for which it waits for the device.
double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm);

}  // namespace tailor::optim
