// Learning rates against PyTorch's schedulers.
#include "optim/schedule.h"

#include <gtest/gtest.h>

#include "kernels/api/error.h"

namespace tailor::optim {
namespace {

void expect_rates(const Schedule& schedule, const std::vector<double>& expected) {
  for (size_t t = 0; t < expected.size(); ++t) {
    EXPECT_NEAR(schedule(static_cast<int64_t>(t)), expected[t], 1e-15) << "step " << t;
  }
}

// torch.optim.lr_scheduler.OneCycleLR of torch 2.9.1, max_lr 0.1, cycle_momentum off.
TEST(Schedule, OneCycleIsPyTorchs) {
  expect_rates(one_cycle(0.1, 20), {0.004,
                                    0.0131671842700025,
                                    0.0371671842700025,
                                    0.0668328157299975,
                                    0.0908328157299975,
                                    0.1,
                                    0.0987464006235087,
                                    0.0950484632013474,
                                    0.089091617757105,
                                    0.0811745653949763,
                                    0.0716943001791301,
                                    0.0611262021936289,
                                    0.0500002,
                                    0.0388741978063711,
                                    0.0283060998208699,
                                    0.0188258346050237,
                                    0.010908782242895,
                                    0.00495193679865263,
                                    0.00125399937649126,
                                    4e-07});
  expect_rates(one_cycle(0.1, 7),
               {0.004, 0.0980556627334959, 0.0919044376269711, 0.0672683836480545,
                0.0357738775739657, 0.00992967918932656, 4e-07});
  expect_rates(
      one_cycle(0.1, 10, {.warmup_share = 0.25, .start_divisor = 10, .final_divisor = 100}),
      {0.01, 0.0775, 0.0989084726566536, 0.0904603988690286, 0.075025, 0.0552711967402193,
       0.0346146011309714, 0.016626926212375, 0.00441840439075208, 0.0001});
}

// torch.optim.lr_scheduler.StepLR
TEST(Schedule, StepIsPyTorchs) {
  expect_rates(step_decay(0.1, 3), {0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 0.0001});
}

TEST(Schedule, CosineWarmsUpThenFalls) {
  const Schedule schedule = cosine(1, 14, 4);
  expect_rates(schedule, {0.25, 0.5, 0.75, 1, 1});
  EXPECT_DOUBLE_EQ(schedule(9), 0.5);
  EXPECT_DOUBLE_EQ(schedule(14), 0);
  EXPECT_DOUBLE_EQ(schedule(20), 0) << "not up again after the end";
}

TEST(Schedule, EveryNameGivesPositiveRatesForRunsOfAnyLength) {
  for (const std::string& name : schedule_names()) {
    for (const int64_t total : {1, 2, 3, 4, 5, 10, 1000}) {
      const Schedule schedule = make_schedule(name, 0.1, total);
      for (int64_t t = 0; t < total; ++t) {
        EXPECT_GT(schedule(t), 0) << name << " " << t << " of " << total;
        EXPECT_LE(schedule(t), 0.1) << name << " " << t << " of " << total;
      }
    }
  }
}

TEST(Schedule, StepDividesByTenAfterEachThird) {
  expect_rates(make_schedule("step", 1, 7), {1, 1, 1, 0.1, 0.1, 0.1, 0.01});
}

TEST(Schedule, UnknownNameIsRefused) { EXPECT_THROW(make_schedule("linear", 0.1, 10), UsageError); }

}  // namespace
}  // namespace tailor::optim
