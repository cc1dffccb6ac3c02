#include "tensor/checks.h"
#include "tensor/ops.h"

namespace tailor {

Tensor argmax(const Tensor& x) {
  expect_rank("argmax", "x", x, 2);
  Tensor indices = Tensor::empty({x.shape()[0]}, DType::i64, x.backend());
  x.backend()->argmax(x.view(), indices.view());
  return indices;
}

std::pair<Tensor, Tensor> topk(const Tensor& x, int64_t k) {
  expect_rank("topk", "x", x, 2);
  if (k < 1 || k > x.shape()[1]) {
    throw Error("topk: expected k from 1 to {}, got {}", x.shape()[1], k);
  }
  Tensor values = empty_like(x, {x.shape()[0], k});
  Tensor indices = Tensor::empty(values.shape(), DType::i64, x.backend());
  x.backend()->topk(x.view(), values.view(), indices.view());
  return {values, indices};
}

}  // namespace tailor
