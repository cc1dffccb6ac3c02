#include "tensor/checks.h"
#include "tensor/ops.h"

namespace tailor {

Tensor softmax(const Tensor& x) {
  if (!x.defined()) throw Error("softmax: expected x, got an undefined tensor");
  Tensor y = empty_like(x);
  x.backend()->softmax(x.view(), y.view());
  return Autograd::record({.op = Op::softmax}, {{x}}, y, [y = y.detach()](const Tensor& dy) {
    Tensor dx = empty_like(dy);
    dy.backend()->softmax_backward(y.view(), dy.view(), dx.view());
    return std::vector{dx};
  });
}

Tensor log_softmax(const Tensor& x) {
  if (!x.defined()) throw Error("log_softmax: expected x, got an undefined tensor");
  Tensor y = empty_like(x);
  x.backend()->log_softmax(x.view(), y.view());
  return Autograd::record({.op = Op::log_softmax}, {{x}}, y, [y = y.detach()](const Tensor& dy) {
    Tensor dx = empty_like(dy);
    dy.backend()->log_softmax_backward(y.view(), dy.view(), dx.view());
    return std::vector{dx};
  });
}

Tensor cross_entropy(const Tensor& x, const Tensor& labels, const CrossEntropy& p,
                     const Tensor& class_weights) {
  constexpr std::string_view kOp = "cross_entropy";
  expect_rank(kOp, "logits", x, 2);
  expect_shape(kOp, "labels", labels, {x.shape()[0]});
  if (labels.dtype() != DType::i64) {
    throw Error("{}: expected labels of i64, got {}", kOp, name_of(labels.dtype()));
  }
  if (class_weights.defined()) expect_shape(kOp, "class_weights", class_weights, {x.shape()[1]});
  expect_like(kOp, "class_weights", class_weights, x);
  if (!(p.label_smoothing >= 0 && p.label_smoothing <= 1)) {
    throw Error("{}: expected label_smoothing from 0 to 1, got {}", kOp, p.label_smoothing);
  }
  Tensor loss = empty_like(x, {1});
  const Tensor probabilities = empty_like(x);
  x.backend()->cross_entropy(p, x.view(), labels.view(), class_weights.view(), loss.view(),
                             probabilities.view());
  return Autograd::record({.op = Op::cross_entropy, .parameters = p}, {{x, labels, class_weights}},
                          loss, [p, probabilities, labels, class_weights](const Tensor& dloss) {
                            std::vector<Tensor> grads(3);
                            grads[0] = empty_like(probabilities);
                            dloss.backend()->cross_entropy_backward(
                                p, probabilities.view(), labels.view(), class_weights.view(),
                                dloss.view(), grads[0].view());
                            return grads;
                          });
}

}  // namespace tailor
