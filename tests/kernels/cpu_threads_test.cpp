// What the number of threads may change on the CPU: nothing in the own loops, and from run to run
// nothing anywhere.
#include <gtest/gtest.h>
#include <omp.h>

#include <functional>

#include "tensor/tensor.h"

namespace tailor {
namespace {

using Bytes = std::vector<float>;
/// Runs operations on this backend and returns all that they wrote.
using Run = std::function<Bytes(const std::shared_ptr<Backend>&)>;

std::shared_ptr<Backend> cpu(int threads) { return open_backend("cpu", {.threads = threads}); }

class Scene {
 public:
  explicit Scene(std::shared_ptr<Backend> backend) : backend_(std::move(backend)) {}

  Backend* operator->() const { return backend_.get(); }
  /// Numbers in [-1, 1) that depend on the place in the order of calls only.
  View in(const Shape& shape) {
    RandomStream random(++made_, Stream::init);
    std::vector<float> values(static_cast<size_t>(shape.count()));
    for (float& value : values) value = 2 * random.uniform() - 1;
    return tensors_.emplace_back(Tensor::from(values, shape, backend_)).view();
  }
  View out(const Shape& shape) {
    outputs_.push_back(Tensor::zeros(shape, DType::f32, backend_));
    return outputs_.back().view();
  }
  View other(const Shape& shape, DType dtype) {
    return tensors_.emplace_back(Tensor::zeros(shape, dtype, backend_)).view();
  }
  Bytes written() const {
    Bytes all;
    for (const Tensor& output : outputs_) {
      const auto values = output.to_vector<float>();
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }

 private:
  std::shared_ptr<Backend> backend_;
  std::vector<Tensor> tensors_;
  std::vector<Tensor> outputs_;
  uint64_t made_ = 0;
};

// Large enough for several parts of each loop, with a rest.
const Shape kX{5, 41, 43, 24};
const Shape kC{24};

Bytes batch_norms(const std::shared_ptr<Backend>& backend) {
  Scene s(backend);
  const BatchNorm p{.activation = Activation::relu};
  const View x = s.in(kX), dy = s.in(kX), weight = s.in(kC), bias = s.in(kC), residual = s.in(kX);
  const View mean = s.out(kC), var = s.out(kC), y = s.out(kX);
  s->batch_norm(p, x, weight, bias, residual, s.out(kC), s.out(kC), mean, var, y);
  s->batch_norm_backward(p, x, y, dy, weight, mean, var, s.out(kX), s.out(kC), s.out(kC),
                         s.out(kX));
  s->batch_norm_frozen_backward(p, x, y, dy, weight, mean, var, s.out(kX), s.out(kC), s.out(kC),
                                s.out(kX));
  s->sum_to_channels(dy, s.out(kC));
  return s.written();
}

Bytes pools(const std::shared_ptr<Backend>& backend) {
  Scene s(backend);
  const Pool2d p{3, 3, 2, 2, 1, 1, 1, 1};
  const View x = s.in(kX), y = s.out({5, 21, 22, 24}), indices = s.other(y.shape, DType::i32);
  s->max_pool2d(p, x, y, indices);
  s->max_pool2d_backward(p, y, indices, s.out(kX));
  s->avg_pool2d(p, x, s.out(y.shape));
  s->avg_pool2d_backward(p, y, s.out(kX));
  const View mean = s.out({5, 24});
  s->global_avg_pool(x, mean);
  s->global_avg_pool_backward(mean, s.out(kX));
  return s.written();
}

Bytes losses(const std::shared_ptr<Backend>& backend) {
  Scene s(backend);
  const Shape shape{37, 101};
  const View x = s.in(shape), labels = s.other({37}, DType::i64), probabilities = s.out(shape);
  s->cross_entropy({.label_smoothing = 0.1}, x, labels, s.in({101}), s.out({1}), probabilities);
  s->softmax(x, s.out(shape));
  s->log_softmax(x, s.out(shape));
  return s.written();
}

Bytes random_numbers(const std::shared_ptr<Backend>& backend) {
  Scene s(backend);
  const Shape shape{100003};
  s->uniform({.seed = 7}, -1, 1, s.out(shape));
  s->dropout({.p = 0.3}, s.in(shape), s.other(shape, DType::u8), s.out(shape));
  return s.written();
}

Bytes products(const std::shared_ptr<Backend>& backend) {
  Scene s(backend);
  const Conv2d p{
      .stride_h = 1, .stride_w = 1, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  const View x = s.in({3, 14, 14, 32}), w = s.in({48, 3, 3, 32}), dy = s.in({3, 14, 14, 48});
  s->conv2d(p, x, w, {.bias = s.in({48})}, s.out(dy.shape));
  s->conv2d_backward_data(p, dy, w, s.out(x.shape));
  s->conv2d_backward_filter(p, x, dy, s.out(w.shape));
  s->matmul({}, s.in({33, 200}), s.in({200, 50}), {}, s.out({33, 50}));
  return s.written();
}

class OwnLoops : public ::testing::TestWithParam<Run> {};

TEST_P(OwnLoops, WriteTheSameBytesWithAnyNumberOfThreads) {
  const Bytes expected = GetParam()(cpu(1));
  for (const int threads : {2, 3}) EXPECT_EQ(GetParam()(cpu(threads)), expected) << threads;
}

INSTANTIATE_TEST_SUITE_P(All, OwnLoops,
                         ::testing::Values(batch_norms, pools, losses, random_numbers));

TEST(CpuProducts, WriteTheSameBytesFromRunToRun) {
  const auto backend = cpu(2);
  const Bytes expected = products(backend);
  for (int run = 0; run < 5; ++run) EXPECT_EQ(products(backend), expected);
  EXPECT_EQ(products(cpu(2)), expected);
}

TEST(CpuThreads, AreNotForcedOnTheCaller) {
  const int before = omp_get_max_threads();
  products(cpu(before + 2));
  batch_norms(cpu(before + 2));
  EXPECT_EQ(omp_get_max_threads(), before);
}

}  // namespace
}  // namespace tailor
