// Convolutions on the CPU: packed weights, residuals, working memory, what oneDNN refuses.
#include <gtest/gtest.h>

#include "tensor/tensor.h"

namespace tailor {
namespace {

class CpuConvolution : public ::testing::Test {
 protected:
  Tensor random(const Shape& shape) {
    RandomStream numbers(++made_, Stream::init);
    std::vector<float> values(static_cast<size_t>(shape.count()));
    for (float& value : values) value = 2 * numbers.uniform() - 1;
    return Tensor::from(values, shape, backend_);
  }
  Tensor empty(const Shape& shape) { return Tensor::empty(shape, DType::f32, backend_); }

  std::shared_ptr<Backend> backend_ = open_backend("cpu");
  const Conv2d p_{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  uint64_t made_ = 0;
};

TEST_F(CpuConvolution, PackedWeightsDoWhatPlainOnesDoOnAnyBatchAndOutliveThem) {
  Tensor w = random({32, 3, 3, 16});
  const auto packed = backend_->pack_conv2d(p_, w.view(), {8, 10, 10, 16});
  ASSERT_NE(packed, nullptr);
  for (const int64_t batch : {8, 1, 3}) {
    const Tensor x = random({batch, 10, 10, 16});
    const Tensor plain = empty({batch, 10, 10, 32}), from_packed = empty(plain.shape());
    backend_->conv2d(p_, x.view(), w.view(), {}, plain.view());
    View released = w.view();
    released.data = nullptr;
    backend_->conv2d(p_, x.view(), Weights(released, *packed), {}, from_packed.view());
    EXPECT_EQ(from_packed.to_vector<float>(), plain.to_vector<float>()) << batch;
  }
}

TEST_F(CpuConvolution, AResidualInPlaceGivesTheBytesOfOneElsewhere) {
  const Tensor x = random({2, 9, 9, 16}), w = random({32, 3, 3, 16}), bias = random({32});
  const Tensor residual = random({2, 9, 9, 32}), y = empty(residual.shape());
  const std::vector<float> before = residual.to_vector<float>();
  Epilogue e{bias.view(), residual.view(), Activation::relu};
  backend_->conv2d(p_, x.view(), w.view(), e, y.view());
  EXPECT_EQ(residual.to_vector<float>(), before);
  backend_->conv2d(p_, x.view(), w.view(), e, residual.view());
  EXPECT_EQ(residual.to_vector<float>(), y.to_vector<float>());
}

TEST_F(CpuConvolution, WorkingMemoryIsCountedAndReused) {
  const Tensor x = random({2, 9, 9, 16}), w = random({32, 3, 3, 16}), y = empty({2, 9, 9, 32});
  const size_t before = backend_->memory()->counters().live;
  backend_->conv2d(p_, x.view(), w.view(), {}, y.view());
  const size_t after = backend_->memory()->counters().live;
  EXPECT_GE(after, before + w.view().bytes());  // reordered weights
  backend_->conv2d(p_, x.view(), w.view(), {}, y.view());
  EXPECT_EQ(backend_->memory()->counters().live, after);
}

TEST_F(CpuConvolution, ShapesThatDoNotFitAreNamed) {
  const Tensor x = random({1, 4, 4, 8}), w = random({8, 3, 3, 8}), y = empty({1, 9, 9, 8});
  try {
    backend_->conv2d({}, x.view(), w.view(), {}, y.view());
    FAIL() << "accepted";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_TRUE(
        message.starts_with("conv2d: expected shapes that oneDNN can compute, got "
                            "[1, 4, 4, 8], [8, 3, 3, 8]"))
        << message;
  }
}

}  // namespace
}  // namespace tailor
