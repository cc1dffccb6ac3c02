#include "train/fit.h"

#include <cmath>

#include "optim/schedule.h"
#include "tensor/ops.h"

namespace tailor::train {
namespace {

bool is_better(const Metrics& a, const Metrics& b) {
  return a.accuracy != b.accuracy ? a.accuracy > b.accuracy : a.loss < b.loss;
}

class Fit {
 public:
  Fit(layers::Network& network, Examples& examples, const FitOptions& options,
      const FitHooks& hooks, const Console& console)
      : network_(network),
        examples_(examples),
        options_(options),
        hooks_(hooks),
        console_(console),
        schedule_(optim::make_schedule(options.schedule, options.lr, total_steps())) {
    optim::ParameterGroup group;
    for (const auto& [name, tensor] : network.trainable_parameters()) {
      group.parameters.push_back(tensor);
    }
    optimizer_ = optim::make_optimizer(options.optimizer, {group});
  }

  std::vector<Epoch> run() {
    std::vector<Epoch> epochs;
    std::optional<Metrics> best;
    for (int number = 1; number <= options_.epochs; ++number) {
      std::optional<Epoch> epoch = train_epoch(number);
      if (!epoch) break;
      network_.eval();
      std::optional<Metrics> validation = hooks_.judge();
      if (!validation) break;
      epoch->validation = std::move(*validation);
      check_finite(epoch->validation.loss, "validation loss", fmt::format("after epoch {}", number),
                   epoch->lr);
      epoch->is_best = !best || is_better(epoch->validation, *best);
      if (epoch->is_best) best = epoch->validation;
      hooks_.epoch_done(*epoch);
      epochs.push_back(std::move(*epoch));
    }
    network_.eval();
    return epochs;
  }

 private:
  int64_t total_steps() const {
    const auto photos = static_cast<int64_t>(examples_.count());
    return options_.epochs * ((photos + options_.batch - 1) / options_.batch);
  }

  /// Nothing when it was stopped before its end.
  std::optional<Epoch> train_epoch(int number) {
    network_.train();
    examples_.start(number - 1);
    Epoch epoch{.number = number};
    Progress progress = console_.progress(fmt::format("Epoch {} of {}", number, options_.epochs),
                                          static_cast<int64_t>(examples_.count()));
    int64_t photos = 0;
    int batch = 0;
    while (const auto example = examples_.next()) {
      ++batch;
      const auto n = static_cast<int64_t>(example->labels.size());
      if (n < options_.smallest_batch) continue;
      epoch.lr = schedule_(step_);
      const auto [loss, correct] = train_batch(*example, epoch.lr);
      check_finite(loss, "loss", fmt::format("in epoch {}, batch {}", number, batch), epoch.lr);
      epoch.loss += loss * static_cast<double>(n);
      epoch.accuracy += static_cast<double>(correct);
      photos += n;
      ++step_;
      progress.add(n);
      if (hooks_.stop()) return std::nullopt;
    }
    if (photos == 0) {
      throw Error("training: expected at least {} photos, got fewer", options_.smallest_batch);
    }
    epoch.loss /= static_cast<double>(photos);
    epoch.accuracy /= static_cast<double>(photos);
    epoch.seconds = progress.seconds();
    return epoch;
  }

  /// Loss, and how many answers were right. A card is not waited for before the whole step has been
  /// asked of it; a loss that is not finite ends the training, so what that step made is never
  /// kept.
  std::pair<double, int64_t> train_batch(const Example& example, double lr) {
    optimizer_->zero_grad();
    const Tensor logits = hooks_.forward(example.x);
    const Tensor labels = Tensor::from(
        example.labels, {static_cast<int64_t>(example.labels.size())}, logits.backend());
    const Tensor loss =
        cross_entropy(logits, labels, {.label_smoothing = options_.label_smoothing});
    const Tensor answers = argmax(logits.detach());
    loss.backward();
    optimizer_->step(lr);
    return {static_cast<double>(loss.item<float>()),
            count_equal(answers.to_vector<int64_t>(), example.labels)};
  }

  static int64_t count_equal(const std::vector<int64_t>& answers,
                             const std::vector<int64_t>& labels) {
    int64_t equal = 0;
    for (size_t i = 0; i < labels.size(); ++i) equal += answers[i] == labels[i] ? 1 : 0;
    return equal;
  }

  void check_finite(double loss, const char* what, const std::string& where, double lr) const {
    if (std::isfinite(loss)) return;
    throw Error("training: expected a finite {}, got {} {} at learning rate {:g} {}", what, loss,
                where, lr,
                step_ == 0 ? "(the network itself gives no finite answers: try other --weights)"
                           : "(try a smaller --lr)");
  }

  layers::Network& network_;
  Examples& examples_;
  const FitOptions& options_;
  const FitHooks& hooks_;
  const Console& console_;
  const optim::Schedule schedule_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  int64_t step_ = 0;
};

}  // namespace

std::vector<Epoch> fit(layers::Network& network, Examples& examples, const FitOptions& options,
                       const FitHooks& hooks, const Console& console) {
  return Fit(network, examples, options, hooks, console).run();
}

}  // namespace tailor::train
