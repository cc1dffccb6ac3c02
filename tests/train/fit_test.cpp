// The training loop on features that are easily told apart.
#include "train/fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "tests/support/errors.h"
#include "train/training_state.h"

// GCC 12 takes the strings of temporary options for uninitialised ones when it inlines them.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

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
  /// The epochs that a training from the start completes.
  std::vector<Epoch> run(size_t photos, const FitOptions& options, const FitHooks& hooks) {
    FeatureExamples examples({features(photos)}, {.batch = options.batch}, backend_);
    FitState state = start_fit(*network_, options);
    return run(state, examples, options, hooks);
  }
  std::vector<Epoch> run(FitState& state, Examples& examples, const FitOptions& options,
                         FitHooks hooks) {
    std::vector<Epoch> epochs;
    hooks.epoch_done = [&, note = hooks.epoch_done](const Epoch& epoch) {
      epochs.push_back(epoch);
      note(epoch);
    };
    fit(*network_, state, examples, options, hooks, console_);
    return epochs;
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
  FitState state = start_fit(*network_, {});
  EXPECT_NE(test::error_of([&] {
              run(state, examples, {}, hooks());
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

TEST_F(FitTest, ScheduleCountsNoBatchThatIsLeftOut) {
  const auto last_rate = [&](size_t photos) {
    const FitOptions options{
        .epochs = 4, .batch = 4, .smallest_batch = 2, .lr = 0.01, .schedule = "cosine"};
    return run(photos, options, hooks()).back().lr;
  };
  EXPECT_EQ(last_rate(5), last_rate(4));  // four steps each
  EXPECT_NE(last_rate(6), last_rate(4));
}

TEST_F(FitTest, EndsEarlyWithoutABetterEpoch) {
  const std::vector<double> judged = {0.5, 0.6, 0.6, 0.4, 0.9};
  size_t next = 0;
  FitHooks scripted = hooks();
  scripted.judge = [&] {
    Metrics metrics;
    metrics.accuracy = judged[next++];
    return std::optional(metrics);
  };
  EXPECT_EQ(run(6, {.epochs = 5, .early_stop = 2}, scripted).size(), 4U);
  next = 0;
  EXPECT_EQ(run(6, {.epochs = 5, .early_stop = 3}, scripted).size(), 5U);
}

TEST_F(FitTest, ClassWeightsAreTheLosss) {
  // One batch without learning: the weighted mean of the classes' losses, as torch defines it.
  FeatureExamples examples({features(6)}, {.batch = 6}, backend_);
  const Features all = features(6);
  const std::vector<float> logits = Head(*network_)(all.values);
  const std::vector<float> weights = {1, 2, 4};
  double sum = 0;
  double total = 0;
  for (size_t i = 0; i < 6; ++i) {
    const auto label = static_cast<size_t>(all.labels[i]);
    sum +=
        weights[label] * cross_entropy_of(std::span(logits).subspan(i * kClasses, kClasses), label);
    total += weights[label];
  }
  const FitOptions weighted{.epochs = 1, .batch = 6, .lr = 1e-30, .class_weights = weights};
  EXPECT_NEAR(run(6, weighted, hooks())[0].loss, sum / total, 1e-6);
}

TEST_F(FitTest, ClippedGradientsMakeShortSteps) {
  const auto moved = [&](double clip_norm) {
    network_->initialize(1);
    const Tensor before = network_->trainable_parameters()[0].second.clone();
    run(6, {.epochs = 1, .batch = 6, .lr = 1, .optimizer = {.name = "sgd"}, .clip_norm = clip_norm},
        hooks());
    const std::vector<float> was = before.to_vector<float>();
    const std::vector<float> is = network_->trainable_parameters()[0].second.to_vector<float>();
    double sum = 0;
    for (size_t i = 0; i < is.size(); ++i) sum += (is[i] - was[i]) * (is[i] - was[i]);
    return std::sqrt(sum);
  };
  EXPECT_GT(moved(0), 0.01);
  EXPECT_LE(moved(0.01), 0.01);
  EXPECT_GT(moved(0.01), 0.005) << "nearly all of the gradient is the weight's";
}

TEST_F(FitTest, LowerStagesLearnMoreSlowly) {
  network_->freeze_except({""});
  const FitState state = start_fit(*network_, {.optimizer = {.name = "sgd"}, .layer_decay = 0.5});
  const auto give = [](const Tensor& tensor) {
    const std::vector<float> ones(static_cast<size_t>(tensor.count()), 1);
    tensor.backward(Tensor::from(ones, tensor.shape(), tensor.backend()));
  };
  std::map<std::string, float> before;
  for (const auto& [name, tensor] : network_->trainable_parameters()) {
    before[name] = tensor.to_vector<float>()[0];
    give(tensor);
  }
  state.optimizer->step(0.25);
  const std::map<std::string, double> rates = {{"conv1.weight", 1 / 32.0},
                                               {"bn1.bias", 1 / 32.0},
                                               {"layer1.0.conv1.weight", 1 / 16.0},
                                               {"layer2.1.bn2.weight", 1 / 8.0},
                                               {"layer3.0.conv1.weight", 1 / 4.0},
                                               {"layer4.0.downsample.0.weight", 1 / 2.0},
                                               {"fc.bias", 1}};
  size_t moved = 0;
  for (const auto& [name, tensor] : network_->trainable_parameters()) {
    const float by = before[name] - tensor.to_vector<float>()[0];
    moved += by != 0 ? 1 : 0;
    const auto rate = rates.find(name);
    if (rate == rates.end()) continue;
    EXPECT_NEAR(by, 0.25 * rate->second, 1e-6) << name;
  }
  EXPECT_EQ(moved, before.size()) << "every parameter belongs to a stage";
}

/// The bytes of what training changes.
std::vector<float> numbers(const layers::Network& network) {
  std::vector<float> all;
  for (const auto& [name, tensor] : network.trainable_parameters()) {
    const std::vector<float> values = tensor.to_vector<float>();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

TEST_F(FitTest, GoesOnFromASavedStateWithTheSameBytes) {
  for (const char* optimizer : {"adam", "sgd"}) {
    const FitOptions options{.epochs = 4,
                             .batch = 4,
                             .lr = 0.05,
                             .optimizer = {.name = optimizer, .momentum = 0.9},
                             .schedule = "onecycle"};
    network_->initialize(1);
    const std::vector<Epoch> whole = run(18, options, hooks());
    const std::vector<float> expected = numbers(*network_);

    for (const int stop_at : {1, 4, 5, 7, 19}) {  // of five batches an epoch
      network_->initialize(1);
      io::TrainingState saved;
      {
        FeatureExamples examples({features(18)}, {.batch = 4}, backend_);
        FitState state = start_fit(*network_, options);
        int batches = 0;
        FitHooks stopping = hooks();
        stopping.stop = [&] { return ++batches == stop_at; };
        run(state, examples, options, stopping);
        saved = save_state(*network_, state, {{"bad.png", "is bad"}});
        for (auto& [name, tensor] : saved.tensors) tensor = tensor.clone();
      }
      FeatureExamples examples({features(18)}, {.batch = 4}, backend_);
      FitState state = start_fit(*network_, options);
      SkippedPhotos skipped;
      restore_state(saved, *network_, state, skipped, "last.h5");
      const std::vector<Epoch> rest = run(state, examples, options, hooks());
      EXPECT_EQ(numbers(*network_), expected) << optimizer << " stopped at batch " << stop_at;
      EXPECT_EQ(rest.back().loss, whole.back().loss);
      EXPECT_EQ(rest.back().accuracy, whole.back().accuracy);
      EXPECT_EQ(state.best->number, [&] {
        int best = 0;
        for (const Epoch& epoch : whole) best = epoch.is_best ? epoch.number : best;
        return best;
      }());
      EXPECT_EQ(skipped, (SkippedPhotos{{"bad.png", "is bad"}}));
    }
  }
}

TEST_F(FitTest, AStateOfAnotherTrainingIsRefused) {
  FitState state = start_fit(*network_, {});
  io::TrainingState saved = save_state(*network_, state, {});
  SkippedPhotos skipped;
  saved.tensors["fc.weight/0"] = Tensor::zeros({3, 4}, DType::f32, backend_);
  EXPECT_EQ(test::error_of([&] { restore_state(saved, *network_, state, skipped, "last.h5"); }),
            "last.h5: expected the optimiser's fc.weight/0 of shape [3, 512], got [3, 4]");
  saved.text = "{}";
  EXPECT_NE(test::error_of([&] {
              restore_state(saved, *network_, state, skipped, "last.h5");
            }).find("last.h5: expected the state of this training, got "),
            std::string::npos);
}

TEST_F(FitTest, AStateThatMakesNoSenseIsRefused) {
  const FitOptions options{.epochs = 1, .batch = 8};
  FitState state = start_fit(*network_, options);
  FeatureExamples examples({features(12)}, {.batch = 8}, backend_);
  run(state, examples, options, hooks());
  const io::TrainingState saved = save_state(*network_, state, {});
  const auto refused = [&](const std::string& path, const nlohmann::json& value) {
    io::TrainingState changed = saved;
    nlohmann::json text = nlohmann::json::parse(saved.text);
    text[nlohmann::json::json_pointer(path)] = value;
    changed.text = text.dump();
    FitState other = start_fit(*network_, options);
    SkippedPhotos skipped;
    return test::error_of([&] { restore_state(changed, *network_, other, skipped, "last.h5"); });
  };
  const std::string pairs = "last.h5: expected photos for each pair of 3 classes, got others";
  EXPECT_EQ(refused("/best/confusion", {{1, 2, 3}}), pairs);
  EXPECT_EQ(refused("/best/confusion", {{1, 2, 3}, {1, 2}, {1, 2, 3}}), pairs);
  EXPECT_EQ(refused("/best/confusion/0/0", -1), pairs);
  EXPECT_EQ(refused("/best/confusion/0/0", INT64_MAX), pairs);
  EXPECT_EQ(refused("/steps", -1),
            "last.h5: expected the state of this training, got one before its start");
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
    examples.start(epoch, 0);
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
