// What holds for every optimiser, whatever its formula.
#include "optim/optimizer.h"

#include <gtest/gtest.h>

#include "tensor/ops.h"

namespace tailor::optim {
namespace {

class OptimizerTest : public ::testing::TestWithParam<std::string> {
 protected:
  Tensor parameter(double value) const {
    Tensor tensor = Tensor::from(std::vector<double>{value}, {1}, backend_);
    tensor.set_requires_grad(true);
    return tensor;
  }
  void give_gradient(const Tensor& tensor, double value) const {
    tensor.backward(Tensor::from(std::vector<double>{value}, {1}, backend_));
  }
  std::unique_ptr<Optimizer> make(std::vector<ParameterGroup> groups) const {
    return make_optimizer({.name = GetParam(), .momentum = 0.9, .weight_decay = 0.01},
                          std::move(groups));
  }
  std::shared_ptr<Backend> backend_ = open_backend("reference");
};

TEST_P(OptimizerTest, ScaleOfAGroupIsAsARateOfItsOwn) {
  const Tensor a = parameter(1);
  const Tensor b = parameter(1);
  const Tensor c = parameter(1);
  const auto groups = make({{{a}, 0.1}, {{b}, 1}});
  const auto alone = make({{{c}}});
  for (int step = 0; step < 3; ++step) {
    for (const Tensor& tensor : {a, b, c}) {
      tensor.zero_grad();
      give_gradient(tensor, 0.5 + step);
    }
    groups->step(0.2);
    alone->step(0.2 * 0.1);
  }
  EXPECT_EQ(a.item<double>(), c.item<double>());
  EXPECT_NE(a.item<double>(), b.item<double>());
}

TEST_P(OptimizerTest, WithoutAGradientNothingMovesNorCounts) {
  const Tensor idle = parameter(1);
  const Tensor busy = parameter(1);
  const Tensor fresh = parameter(1);
  const auto both = make({{{idle, busy}}});
  give_gradient(busy, 1);
  both->step(0.1);
  both->step(0.1);
  EXPECT_EQ(idle.item<double>(), 1);
  EXPECT_NE(busy.item<double>(), 1);
  // Its first step is a first step, whatever the others have done.
  give_gradient(idle, 1);
  give_gradient(fresh, 1);
  both->step(0.1);
  make({{{fresh}}})->step(0.1);
  EXPECT_EQ(idle.item<double>(), fresh.item<double>());
}

TEST_P(OptimizerTest, ZeroGradForgets) {
  const Tensor tensor = parameter(1);
  const auto optimizer = make({{{tensor}}});
  give_gradient(tensor, 1);
  optimizer->zero_grad();
  EXPECT_FALSE(tensor.grad().defined());
}

INSTANTIATE_TEST_SUITE_P(All, OptimizerTest, ::testing::ValuesIn(optimizer_names()),
                         [](const auto& run) { return run.param; });

TEST(Optimizer, UnknownNameIsRefused) {
  try {
    make_optimizer({.name = "lion"}, {});
    FAIL() << "made";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "--optimizer: expected one of adam, adamw, sgd, got lion");
  }
}

}  // namespace
}  // namespace tailor::optim
