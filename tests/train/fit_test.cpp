// The training loop on features that are easily told apart.
#include "train/fit.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <set>

#include "tests/support/errors.h"

namespace tailor::train {
namespace {

constexpr int64_t kClasses = 3;

class FitTest : public ::testing::Test {
 protected:
  FitTest() {
    network_->initialize(1);
    network_->freeze_except({network_->head_name()});
  }

  /// One of the first features is 1, by the label; `view` is what the last feature says.
  Features features(size_t photos, float view = 0) const {
    Features result{.width = network_->feature_count()};
    for (size_t i = 0; i < photos; ++i) {
      std::vector<float> row(static_cast<size_t>(result.width));
      row[i % kClasses] = 1;
      row.back() = view;
      result.values.insert(result.values.end(), row.begin(), row.end());
      result.labels.push_back(static_cast<int64_t>(i % kClasses));
      result.indices.push_back(i);
    }
    return result;
  }
  FitHooks hooks() {
    return {.forward = [this](const Tensor& x) { return network_->head(x); },
            .judge = [this] { return std::optional(judge()); },
            .epoch_done = [this](const Epoch& epoch) { seen_.push_back(epoch.number); },
            .stop = [] { return false; }};
  }
  Metrics judge() {
    const Features judged = features(6);
    return measure(Head(*network_)(judged.values), judged.labels, kClasses);
  }
  std::vector<Epoch> run(size_t photos, const FitOptions& options, const FitHooks& hooks) {
    FeatureExamples examples({features(photos)}, {.batch = options.batch}, backend_);
    return fit(*network_, examples, options, hooks, console_);
  }

  std::shared_ptr<Backend> backend_ = open_backend("cpu");
  std::unique_ptr<layers::Network> network_ =
      layers::make_model("resnet18", {.classes = kClasses}, backend_);
  Console console_{true, false};
  std::vector<int> seen_;
};

TEST_F(FitTest, Learns) {
  const auto epochs = run(30, {.epochs = 20, .batch = 8, .lr = 0.05}, hooks());
  ASSERT_EQ(epochs.size(), 20U);
  EXPECT_EQ(epochs.back().validation.accuracy, 1);
  EXPECT_EQ(epochs.back().accuracy, 1);
  EXPECT_LT(epochs.back().loss, 0.1);
  EXPECT_LT(epochs.back().loss, epochs.front().loss);
  EXPECT_EQ(seen_.size(), 20U);
  EXPECT_EQ(seen_.front(), 1);
}

TEST_F(FitTest, LossIsTheMeanOverPhotosNotOverBatches) {
  // Without learning, seven photos in batches of 4 and 3 cost the same as at once.
  const FitOptions still{.epochs = 1, .batch = 4, .lr = 1e-30};
  FitOptions at_once = still;
  at_once.batch = 7;
  EXPECT_NEAR(run(7, still, hooks())[0].loss, run(7, at_once, hooks())[0].loss, 1e-6);
}

TEST_F(FitTest, BestIsByAccuracyThenByLoss) {
  const std::vector<std::pair<double, double>> judged = {
      {0.5, 1.0}, {0.5, 1.1}, {0.5, 0.9}, {0.6, 2.0}, {0.4, 0.1}};
  size_t next = 0;
  FitHooks scripted = hooks();
  scripted.judge = [&] {
    Metrics metrics;
    metrics.accuracy = judged[next].first;
    metrics.loss = judged[next++].second;
    return std::optional(metrics);
  };
  std::vector<bool> best;
  for (const Epoch& epoch : run(6, {.epochs = 5}, scripted)) best.push_back(epoch.is_best);
  EXPECT_EQ(best, (std::vector<bool>{true, false, true, true, false}));
}

TEST_F(FitTest, StopsAfterTheBatch) {
  int batches = 0;
  FitHooks stopping = hooks();
  stopping.stop = [&] { return ++batches == 7; };  // the second of the second epoch
  EXPECT_EQ(run(20, {.epochs = 5, .batch = 4}, stopping).size(), 1U);
  EXPECT_EQ(batches, 7);
}

TEST_F(FitTest, StoppedWhileJudgingTheEpochDoesNotCount) {
  FitHooks stopping = hooks();
  stopping.judge = [] { return std::optional<Metrics>(); };
  EXPECT_TRUE(run(6, {.epochs = 5}, stopping).empty());
  EXPECT_TRUE(seen_.empty());
}

TEST_F(FitTest, LossThatIsNotANumberNamesItsPlace) {
  FitHooks diverging = hooks();
  int calls = 0;
  diverging.forward = [&](const Tensor& x) {
    if (++calls < 7) return network_->head(x);
    const float value = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> nan(static_cast<size_t>(x.shape()[0] * kClasses), value);
    return add(network_->head(x), Tensor::from(nan, {x.shape()[0], kClasses}, backend_));
  };
  EXPECT_EQ(test::error_of([&] { run(20, {.epochs = 5, .batch = 4, .lr = 0.25}, diverging); }),
            "training: expected a finite loss, got nan in epoch 2, batch 2 at learning rate 0.25 "
            "(try a smaller --lr)");
}

TEST_F(FitTest, NotANumberFromTheStartIsTheNetworksFault) {
  const Features broken = [&] {
    Features result = features(6);
    result.values[0] = std::numeric_limits<float>::infinity();
    return result;
  }();
  FeatureExamples examples({broken}, {}, backend_);
  EXPECT_NE(test::error_of([&] {
              fit(*network_, examples, {}, hooks(), console_);
            }).find("(the network itself gives no finite answers: try other --weights)"),
            std::string::npos);
}

TEST_F(FitTest, JudgementThatIsNotANumberStopsToo) {
  FitHooks broken = hooks();
  broken.judge = [] {
    Metrics metrics;
    metrics.loss = std::numeric_limits<double>::infinity();
    return std::optional(metrics);
  };
  EXPECT_NE(test::error_of([&] {
              run(6, {}, broken);
            }).find("expected a finite validation loss, got inf after epoch 1"),
            std::string::npos);
}

TEST_F(FitTest, SmallLeftoversCanBeLeftOut) {
  int64_t smallest = 100;
  FitHooks watching = hooks();
  watching.forward = [&](const Tensor& x) {
    smallest = std::min(smallest, x.shape()[0]);
    return network_->head(x);
  };
  run(9, {.epochs = 1, .batch = 4, .smallest_batch = 2}, watching);
  EXPECT_EQ(smallest, 4);
  run(9, {.epochs = 1, .batch = 4}, watching);
  EXPECT_EQ(smallest, 1);
}

TEST_F(FitTest, MemoryIsFlatAfterTheSecondStep) {
  network_->freeze_except({""});  // the whole network, batch-norm statistics and all
  std::vector<MemoryCounters> counters;
  FitHooks watching = hooks();
  watching.forward = [&](const Tensor& features) {
    const Tensor ones(
        Tensor::from(std::vector<float>(4 * 32 * 32 * 3, 0.5F), {4, 32, 32, 3}, backend_));
    EXPECT_EQ(features.shape()[0], 4);
    return network_->forward(ones);
  };
  watching.stop = [&] {
    counters.push_back(backend_->memory()->counters());
    backend_->memory()->reset_peak();
    return false;
  };
  run(32, {.epochs = 1, .batch = 4}, watching);
  ASSERT_EQ(counters.size(), 8U);
  for (size_t step = 2; step < counters.size(); ++step) {
    EXPECT_EQ(counters[step].live, counters[1].live) << "after step " << step + 1;
    EXPECT_EQ(counters[step].peak, counters[2].peak) << "in step " << step + 1;
  }
}

TEST_F(FitTest, EpochsCycleThroughViewsAndShowEveryPhotoOnce) {
  FeatureExamples examples({features(10, 0), features(10, 1), features(10, 2)},
                           {.batch = 4, .seed = 3}, backend_);
  std::set<std::vector<int64_t>> orders;
  for (int epoch = 0; epoch < 6; ++epoch) {
    examples.start(epoch);
    std::vector<int64_t> labels;
    std::vector<size_t> sizes;
    while (const auto example = examples.next()) {
      const std::vector<float> x = example->x.to_vector<float>();
      const auto width = static_cast<size_t>(example->x.shape()[1]);
      for (size_t i = 0; i < example->labels.size(); ++i) {
        EXPECT_EQ(x[(i + 1) * width - 1], static_cast<float>(epoch % 3)) << "view";
        EXPECT_EQ(x[i * width + static_cast<size_t>(example->labels[i])], 1)
            << "features fit labels";
      }
      sizes.push_back(example->labels.size());
      labels.insert(labels.end(), example->labels.begin(), example->labels.end());
    }
    EXPECT_EQ(sizes, (std::vector<size_t>{4, 4, 2}));
    orders.insert(labels);
    std::sort(labels.begin(), labels.end());
    EXPECT_EQ(labels, (std::vector<int64_t>{0, 0, 0, 0, 1, 1, 1, 2, 2, 2}));
  }
  EXPECT_GT(orders.size(), 1U) << "each epoch has an order of its own";
}

}  // namespace
}  // namespace tailor::train
