// What the graph keeps, frees, adds up and refuses.
#include "tensor/autograd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "tensor/ops.h"

namespace tailor {
namespace {

class AutogradTest : public ::testing::Test {
 protected:
  Tensor leaf(const std::vector<double>& values, const Shape& shape) {
    Tensor tensor = Tensor::from(values, shape, backend_);
    tensor.set_requires_grad(true);
    return tensor;
  }
  std::shared_ptr<Backend> backend_ = open_backend("reference");
};

using Doubles = std::vector<double>;

TEST_F(AutogradTest, GradientsOfOneTensorUsedTwiceAddUp) {
  const Tensor x = leaf({1, -2}, {1, 2});
  add(x, add(x, x)).backward(Tensor::from(Doubles{1, 10}, {1, 2}, backend_));
  EXPECT_EQ(x.grad().to_vector<double>(), (Doubles{3, 30}));
}

TEST_F(AutogradTest, BothInputsOfAddKeepTheirOwnGradient) {
  const Tensor a = leaf({1, 2}, {1, 2});
  const Tensor b = leaf({3, 4}, {1, 2});
  const Tensor ones = Tensor::from(Doubles{1, 1}, {1, 2}, backend_);
  add(a, b).backward(ones);
  add(a, a).backward(ones);  // must not reach b through a shared gradient
  EXPECT_EQ(a.grad().to_vector<double>(), (Doubles{3, 3}));
  EXPECT_EQ(b.grad().to_vector<double>(), (Doubles{1, 1}));
  EXPECT_EQ(ones.to_vector<double>(), (Doubles{1, 1}));
}

TEST_F(AutogradTest, BackwardAccumulatesUntilZeroed) {
  const Tensor x = leaf({5}, {1, 1});
  for (int i = 0; i < 3; ++i) add(x, x).backward();
  EXPECT_EQ(x.grad().item<double>(), 6);
  x.zero_grad();
  EXPECT_FALSE(x.grad().defined());
}

TEST_F(AutogradTest, NothingIsRecordedWithoutNeed) {
  const Tensor x = Tensor::from(Doubles{1}, {1, 1}, backend_);
  EXPECT_FALSE(add(x, x).requires_grad());
  const Tensor y = leaf({1}, {1, 1});
  {
    const NoGrad guard;
    EXPECT_FALSE(add(y, y).requires_grad());
  }
  EXPECT_TRUE(add(y, y).requires_grad());
  EXPECT_TRUE(add(x, y).requires_grad());
}

TEST_F(AutogradTest, ASecondWalkIsRefused) {
  const Tensor x = leaf({1}, {1, 1});
  const Tensor y = add(x, x);
  y.backward();
  EXPECT_THROW(y.backward(), Error);
}

TEST_F(AutogradTest, BackwardNeedsAScalarAndAGraph) {
  EXPECT_THROW(add(leaf({1, 2}, {1, 2}), leaf({1, 2}, {1, 2})).backward(), Error);
  EXPECT_THROW(Tensor::from(Doubles{1}, {1}, backend_).backward(), Error);
  const Tensor x = leaf({1, 2}, {1, 2});
  EXPECT_THROW(relu(x).backward(Tensor::from(Doubles{1}, {1}, backend_)), Error);
}

TEST_F(AutogradTest, BackwardFreesActivations) {
  const Tensor x = leaf(Doubles(1000, 1.0), {1, 1000});
  const size_t before = backend_->memory()->counters().live;
  {
    Tensor y = x;
    for (int i = 0; i < 10; ++i) y = sigmoid(y);
    EXPECT_EQ(backend_->memory()->counters().live, before + 10 * 8000);
    y.backward(Tensor::from(Doubles(1000, 1.0), {1, 1000}, backend_));
    EXPECT_EQ(backend_->memory()->counters().live, before + 2 * 8000) << "y and the gradient";
  }
  EXPECT_EQ(backend_->memory()->counters().live, before + 8000);
}

TEST_F(AutogradTest, DeepGraphsNeedNoStack) {
  Tensor y = leaf({1}, {1, 1});
  const Tensor x = y;
  for (int i = 0; i < 20000; ++i) y = relu(y);
  y.backward();
  EXPECT_EQ(x.grad().item<double>(), 1);
}

TEST_F(AutogradTest, GraphListsOperationsInRunningOrder) {
  const Tensor x = leaf({1, 2}, {1, 2});
  const Tensor y = sigmoid(relu(x));
  const std::vector<OpRecord> records = Autograd::graph(softmax(y));
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].inputs, std::vector<uint64_t>{x.id()});
  EXPECT_EQ(std::get<Activation>(records[1].parameters), Activation::sigmoid);
  EXPECT_EQ(records[2].op, Op::softmax);
  EXPECT_EQ(records[2].inputs, std::vector<uint64_t>{y.id()});
}

TEST_F(AutogradTest, TraceListsWithoutKeeping) {
  const Tensor w = leaf({1, 0, 0, 1}, {2, 2});
  const NoGrad guard;
  const Trace trace;
  const Tensor x = Tensor::from(Doubles{1, 2}, {1, 2}, backend_);
  const size_t before = backend_->memory()->counters().live;
  { relu(linear(x, w)); }
  EXPECT_EQ(backend_->memory()->counters().live, before);
  ASSERT_EQ(trace.records().size(), 2U);
  EXPECT_EQ(trace.records()[0].inputs[2], 0U) << "no bias";
  EXPECT_EQ(trace.leaves().size(), 2U);
  EXPECT_TRUE(trace.leaves().contains(w.id()));
}

TEST_F(AutogradTest, DropoutGradientUsesTheSameMask) {
  const Tensor x = leaf(Doubles(400, 1.0), {1, 400});
  const Tensor y = dropout(x, {.p = 0.25, .random = {.seed = 3, .stream = Stream::dropout}});
  y.backward(Tensor::from(Doubles(400, 1.0), {1, 400}, backend_));
  const Doubles values = y.to_vector<double>();
  EXPECT_EQ(x.grad().to_vector<double>(), values);
  const auto dropped = std::count(values.begin(), values.end(), 0.0);
  EXPECT_NEAR(static_cast<double>(dropped), 100, 4 * std::sqrt(400 * 0.25 * 0.75));
}

TEST_F(AutogradTest, ShapesThatDoNotFitAreNamed) {
  const auto zeros = [&](const Shape& shape, DType dtype = DType::f64) {
    return Tensor::zeros(shape, dtype, backend_);
  };
  const std::vector<std::pair<std::function<void()>, std::string>> calls{
      {[&] {
         conv2d(zeros({1, 4, 4, 3}), zeros({8, 3, 3, 4}));
       },
       "conv2d: expected weight [out, kh, kw, 3 / groups]"},
      {[&] {
         conv2d(zeros({1, 2, 2, 3}), zeros({8, 3, 3, 3}));
       },
       "conv2d: expected a padded input of at least 3 x 3"},
      {[&] {
         conv2d(zeros({4, 4}), zeros({8, 3, 3, 3}));
       },
       "conv2d: expected x of 4 dimensions, got shape [4, 4]"},
      {[&] {
         conv2d(zeros({1, 4, 4, 3}), zeros({8, 3, 3, 3}, DType::f32));
       },
       "conv2d: expected weight of f64, got f32"},
      {[&] {
         linear(zeros({2, 3}), zeros({4, 5}));
       },
       "linear: expected factors that fit"},
      {[&] {
         linear(zeros({2, 3}), zeros({4, 3}), zeros({3}));
       },
       "linear: expected bias [4], got [3]"},
      {[&] {
         add(zeros({2, 3}), zeros({2}));
       },
       "add: expected other [3], got [2]"},
      {[&] {
         max_pool2d(zeros({1, 1, 1, 1}), {.kernel_h = 2, .kernel_w = 2});
       },
       "max_pool2d: expected a padded input"},
      {[&] {
         concat({zeros({1, 2}), zeros({2, 2})}, 1);
       },
       "concat: expected extents equal but for dimension 1"},
      {[&] {
         cross_entropy(zeros({2, 3}), zeros({2}));
       },
       "cross_entropy: expected labels of i64"},
      {[&] {
         topk(zeros({2, 3}), 4);
       },
       "topk: expected k from 1 to 3, got 4"},
      {[&] { dropout(zeros({2}), {.p = 1.0}); }, "dropout: expected p in [0, 1), got 1"},
      {[&] {
         zeros({2, 0});
       },
       "tensor: expected extents of at least 1"},
      {[&] { zeros({2}).view_as({3}); }, "view_as: expected a shape of 2 elements"},
      {[&] { relu(Tensor()); }, "activation: expected x, got an undefined tensor"},
  };
  for (const auto& [call, message] : calls) {
    try {
      call();
      ADD_FAILURE() << "no error for " << message;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace tailor
