#include "train/fit.h"

#include <algorithm>
#include <cmath>

#include "optim/clip.h"
#include "optim/schedule.h"
#include "tensor/ops.h"

namespace tailor::train {
namespace {

bool is_better(const Metrics& a, const Metrics& b) {
  return a.accuracy != b.accuracy ? a.accuracy > b.accuracy : a.loss < b.loss;
}

class Fit {
 public:
  Fit(layers::Network& network, FitState& state, Examples& examples, const FitOptions& options,
      const FitHooks& hooks, const Console& console)
      : network_(network),
        state_(state),
        examples_(examples),
        options_(options),
        hooks_(hooks),
        console_(console),
        schedule_(optim::make_schedule(options.schedule, options.lr, total_steps())) {}

  void run() {
    while (state_.epochs < options_.epochs && !ends_early()) {
      std::optional<Epoch> epoch = train_epoch(state_.epochs + 1);
      if (!epoch) break;
      network_.eval();
      std::optional<Metrics> validation = hooks_.judge();
      if (!validation) break;
      epoch->validation = std::move(*validation);
      check_finite(epoch->validation.loss, "validation loss",
                   fmt::format("after epoch {}", epoch->number), epoch->lr);
      epoch->is_best = !state_.best || is_better(epoch->validation, state_.best->validation);
      complete(*epoch);
      hooks_.epoch_done(*epoch);
    }
    network_.eval();
  }

 private:
  int64_t total_steps() const {
    const auto photos = static_cast<int64_t>(examples_.count());
    const int64_t last = photos % options_.batch;  // photos of a batch that is not full
    const int64_t batches = photos / options_.batch + (last >= options_.smallest_batch ? 1 : 0);
    return options_.epochs * std::max<int64_t>(batches, 1);
  }

  bool ends_early() const {
    if (options_.early_stop == 0 || !state_.best) return false;
    if (state_.epochs - state_.best->number < options_.early_stop) return false;
    console_.note("No better epoch since epoch {}: training ends early", state_.best->number);
    return true;
  }

  void complete(const Epoch& epoch) {
    if (epoch.is_best) state_.best = epoch;
    ++state_.epochs;
    state_.position = 0;
    state_.photos = state_.correct = 0;
    state_.loss = 0;
  }

  /// Nothing when it was stopped before its end.
  std::optional<Epoch> train_epoch(int number) {
    network_.train();
    examples_.start(number - 1, state_.position);
    Progress progress = console_.progress(fmt::format("Epoch {} of {}", number, options_.epochs),
                                          static_cast<int64_t>(examples_.count()));
    progress.add(static_cast<int64_t>(state_.position));
    while (const auto example = examples_.next()) {
      const auto n = static_cast<int64_t>(example->labels.size());
      state_.position = examples_.position();
      if (n < options_.smallest_batch) continue;
      const auto [loss, correct] = train_batch(*example, schedule_(state_.steps));
      check_finite(loss, "loss", fmt::format("in epoch {}, batch {}", number, batch_number()),
                   schedule_(state_.steps));
      state_.loss += loss * static_cast<double>(n);
      state_.correct += correct;
      state_.photos += n;
      ++state_.steps;
      progress.add(n);
      hooks_.batch_done();
      if (hooks_.stop()) return std::nullopt;
    }
    if (state_.photos == 0) {
      throw Error("training: expected at least {} photos, got fewer", options_.smallest_batch);
    }
    const auto photos = static_cast<double>(state_.photos);
    return Epoch{.number = number,
                 .lr = schedule_(state_.steps - 1),
                 .loss = state_.loss / photos,
                 .accuracy = static_cast<double>(state_.correct) / photos,
                 .seconds = progress.seconds()};
  }

  /// Of the batch that was taken last, from 1.
  size_t batch_number() const {
    const auto batch = static_cast<size_t>(options_.batch);
    return (state_.position + batch - 1) / batch;
  }

  /// Loss, and how many answers were right. A card is not waited for before the whole step has been
  /// asked of it; a loss that is not finite ends the training, so what that step made is never
  /// kept.
  std::pair<double, int64_t> train_batch(const Example& example, double lr) {
    state_.optimizer->zero_grad();
    const Tensor logits = hooks_.forward(example.x);
    const Tensor labels = Tensor::from(
        example.labels, {static_cast<int64_t>(example.labels.size())}, logits.backend());
    const Tensor loss = cross_entropy(logits, labels, {.label_smoothing = options_.label_smoothing},
                                      class_weights(logits));
    const Tensor answers = argmax(logits.detach());
    loss.backward();
    if (options_.clip_norm > 0) clip_gradients();
    state_.optimizer->step(lr);
    return {static_cast<double>(loss.item<float>()),
            count_equal(answers.to_vector<int64_t>(), example.labels)};
  }

  Tensor class_weights(const Tensor& logits) const {
    if (options_.class_weights.empty()) return {};
    return Tensor::from(options_.class_weights, {logits.shape()[1]}, logits.backend());
  }

  void clip_gradients() {
    std::vector<Tensor> parameters;
    for (const optim::ParameterState* one : state_.optimizer->states()) {
      parameters.push_back(one->parameter);
    }
    optim::clip_grad_norm(parameters, options_.clip_norm);
  }

  static int64_t count_equal(const std::vector<int64_t>& answers,
                             const std::vector<int64_t>& labels) {
    int64_t equal = 0;
    for (size_t i = 0; i < labels.size(); ++i) equal += answers[i] == labels[i] ? 1 : 0;
    return equal;
  }

  void check_finite(double loss, const char* what, const std::string& where, double lr) const {
    if (std::isfinite(loss)) return;
    throw Error(
        "training: expected a finite {}, got {} {} at learning rate {:g} {}", what, loss, where, lr,
        state_.steps == 0 ? "(the network itself gives no finite answers: try other --weights)"
                          : "(try a smaller --lr)");
  }

  layers::Network& network_;
  FitState& state_;
  Examples& examples_;
  const FitOptions& options_;
  const FitHooks& hooks_;
  const Console& console_;
  const optim::Schedule schedule_;
};

/// The trainable parameters; a group for each stage of the network where stages differ in rate.
std::vector<optim::ParameterGroup> groups_of(const layers::Network& network, double layer_decay) {
  if (layer_decay == 1) {
    optim::ParameterGroup all;
    for (const auto& [name, tensor] : network.trainable_parameters()) {
      all.parameters.push_back(tensor);
    }
    return {all};
  }
  std::vector<optim::ParameterGroup> groups;
  const auto stages = network.stages();
  for (size_t i = 0; i < stages.size(); ++i) {
    optim::ParameterGroup group{{},
                                std::pow(layer_decay, static_cast<double>(stages.size() - 1 - i))};
    for (const auto& [name, tensor] : network.trainable_parameters()) {
      for (const std::string& prefix : stages[i]) {
        if (name.starts_with(prefix + ".")) group.parameters.push_back(tensor);
      }
    }
    if (!group.parameters.empty()) groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace

FitState start_fit(const layers::Network& network, const FitOptions& options) {
  return {.optimizer =
              optim::make_optimizer(options.optimizer, groups_of(network, options.layer_decay))};
}

void fit(layers::Network& network, FitState& state, Examples& examples, const FitOptions& options,
         const FitHooks& hooks, const Console& console) {
  Fit(network, state, examples, options, hooks, console).run();
}

}  // namespace tailor::train
