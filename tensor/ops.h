// The differentiable operations. Each checks shapes, runs its kernel and records itself.
//
// Names, semantics and defaults are PyTorch's; activations are [N, H, W, C]. A tensor that is not
// defined() stands for an optional input not given. All tensors of a call share device and dtype.
// Each throws Error "<operation>: expected ..., got ..." when shapes do not fit.
#pragma once

#include <utility>
#include <vector>

#include "tensor/autograd.h"

namespace tailor {

/// x [N,H,W,in], weight [out,kh,kw,in/groups], bias [out] optional.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Conv2d& p = {}, const Tensor& bias = {});
/// x [N,in], weight [out,in], bias [out] optional: x weight^T + bias.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});
/// [M,K] x [K,N], or the same with a leading batch extent; each may be stored transposed.
Tensor matmul(const Tensor& a, const Tensor& b, const Matmul& p = {});

/// The tensors of a batch norm, each [C].
struct BatchNormTensors {
  Tensor weight, bias, running_mean, running_var;
};
/// Normalises with the statistics of the batch and moves the running ones in place; residual (of
/// x's shape) is optional. Throws Error when there is one element a channel.
Tensor batch_norm(const Tensor& x, const BatchNormTensors& t, const BatchNorm& p = {},
                  const Tensor& residual = {});
/// Normalises with the running statistics, which stay as they are.
Tensor batch_norm_frozen(const Tensor& x, const BatchNormTensors& t, const BatchNorm& p = {},
                         const Tensor& residual = {});

Tensor relu(const Tensor& x);
Tensor relu6(const Tensor& x);
Tensor sigmoid(const Tensor& x);
/// other has input's shape, or is [C].
Tensor add(const Tensor& input, const Tensor& other);
Tensor dropout(const Tensor& x, const Dropout& p);
/// To f32 or f64 (from bf16 too); the gradient is cast back.
Tensor cast(const Tensor& x, DType dtype);

Tensor max_pool2d(const Tensor& x, const Pool2d& p);
Tensor avg_pool2d(const Tensor& x, const Pool2d& p);
/// [N,H,W,C] to [N,C]
Tensor global_avg_pool(const Tensor& x);

/// Joined along `dim`; the other extents are equal.
Tensor concat(const std::vector<Tensor>& xs, int dim);
/// [N, ...] to [N, the rest]
Tensor flatten(const Tensor& x);

/// Along the last extent.
Tensor softmax(const Tensor& x);
Tensor log_softmax(const Tensor& x);
/// Mean loss [1] of logits x [N,C] against labels i64 [N]; class_weights [C] optional.
/// Throws Error when a label is out of range.
Tensor cross_entropy(const Tensor& x, const Tensor& labels, const CrossEntropy& p = {},
                     const Tensor& class_weights = {});

/// Not differentiable: along the last extent of [N,C]; ties go to the lowest index.
Tensor argmax(const Tensor& x);
/// Values and i64 indices [N,k], in descending order.
std::pair<Tensor, Tensor> topk(const Tensor& x, int64_t k);

/// Not differentiable: photos x u8 [N,H,W,3], red first, changed as p.photos says; in u8, or in f32
/// or bf16 and normalised. Throws Error for factors below 0 (of hue: beyond -0.5 to 0.5) and for
/// rectangles that leave the photo.
Tensor augment(const Tensor& x, const Augment& p, DType dtype = DType::u8);

}  // namespace tailor
