#include "train/finetune.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "io/transform.h"
#include "kernels/api/version.h"
#include "train/answers.h"
#include "train/calibration.h"
#include "train/checkpoint.h"
#include "train/html_report.h"
#include "train/photo_checks.h"
#include "train/report.h"
#include "train/showcase.h"
#include "train/training_state.h"

namespace tailor::train {
namespace {

using nlohmann::json;

/// What is trained, as Module::freeze_except takes it.
std::vector<std::string> trained_prefixes(const std::string& train, const std::string& head) {
  if (train == "head") return {head};
  if (train == "layer4") return {"layer4", head};
  if (train == "all") return {""};
  throw UsageError("--train: expected head, layer4 or all, got {}", train);
}

int reading_threads(int wanted) {
  return wanted > 0 ? wanted : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

/// n / (classes * n of the class), as scikit-learn's "balanced": every class weighs the same.
std::vector<float> balanced_weights(const std::vector<io::Sample>& samples, size_t classes) {
  std::vector<double> counts(classes);
  for (const io::Sample& sample : samples) ++counts[static_cast<size_t>(sample.label)];
  std::vector<float> weights;
  weights.reserve(classes);
  for (const double count : counts) {
    weights.push_back(static_cast<float>(static_cast<double>(samples.size()) /
                                         (static_cast<double>(classes) * count)));
  }
  return weights;
}

/// Photos get names that are the same when the run is resumed from another folder.
FinetuneOptions checked(FinetuneOptions options) {
  if (options.start == RunStart::resume) return options;
  expect_outside(options.data, options.out);
  options.data = std::filesystem::absolute(options.data);
  if (!options.validation.empty())
    options.validation = std::filesystem::absolute(options.validation);
  return options;
}

class Finetune {
 public:
  Finetune(FinetuneOptions options, std::shared_ptr<Backend> backend, const Console& console,
           Stop stop)
      : options_(checked(std::move(options))),
        backend_(std::move(backend)),
        head_backend_(backend_->fork({.threads = 1})),
        console_(console),
        stop_(std::move(stop)),
        folder_(options_.out, options_.start),
        data_(io::read_dataset(options_.data, {.validation = options_.validation,
                                               .seed = options_.seed,
                                               .limit_train = options_.limit_train,
                                               .limit_validation = options_.limit_validation})),
        start_(load_backbone(options_.network, static_cast<int64_t>(data_.classes.size()),
                             options_.seed, backend_, console_, stop_)),
        network_(*start_.network),
        head_only_(options_.train == "head"),
        prefixes_(trained_prefixes(options_.train, network_.head_name())),
        image_size_(options_.image_size > 0 ? options_.image_size : network_.input_size()),
        preprocessing_(network_.options().variant.preprocessing),
        transform_(
            io::Transform::training(options_.augment, preprocessing_, image_size_, options_.seed)),
        head_(network_),
        fit_options_(fit_options()),
        checkpoints_(folder_, network_, prefixes_, {data_.classes, image_size_, {}}, console_,
                     [this] { return training_state(); }) {
    network_.freeze_except(prefixes_);
    state_ = start_fit(network_, fit_options_);
  }

  FinetuneResult run() {
    note_start();
    const json run = run_json();
    if (options_.start == RunStart::resume) expect_same_photos(run);
    folder_.open(run, bytes_to_write());
    if (options_.start == RunStart::resume) resume();
    make_examples();
    if (!stop_()) train();
    FinetuneResult result{data_.classes, state_.best, stop_()};
    try {
      checkpoints_.write(state_.position > 0);
      note_skipped();
      write_reports(report(result));
    } catch (const Error& error) {
      throw Error(
          "{} (what was written before is kept; once that is mended, try tailor finetune --resume "
          "{})",
          error.what(), folder_.path().string());
    }
    return result;
  }

 private:
  // --- going on with an interrupted run ---

  /// What --resume must know.
  json run_json() const {
    return {{"tailor", version()}, {"options", to_json(options_)}, {"photos", photos_hash(data_)}};
  }

  void expect_same_photos(const json& run) const {
    if (read_run(options_.out)["photos"] != run["photos"]) throw_other_photos();
  }

  [[noreturn]] void throw_other_photos() const {
    throw Error(
        "--resume: expected the photos that {} began with, got others in {} (try a new run: "
        "--overwrite)",
        options_.out.string(), options_.data.string());
  }

  void resume() {
    if (!std::filesystem::exists(folder_.last())) {
      console_.note("Resuming: there is no checkpoint yet, so from the start");
      return;
    }
    const io::Model last = io::load_model(folder_.last(), backend_);
    layers::StateDict tensors;
    for (const auto& [name, tensor] : last.network->state()) tensors[name] = tensor;
    network_.load_state_dict(tensors);
    checkpoints_.resume(last.info);
    restore_state(io::load_training_state(folder_.last(), backend_), network_, state_, skipped_,
                  folder_.last().string());
    folder_.cut_metrics(state_.epochs);
    if (state_.position == 0) return console_.note("Resuming after epoch {}", state_.epochs);
    console_.note("Resuming in epoch {}, after {} photos", state_.epochs + 1,
                  format_count(static_cast<int64_t>(state_.position)));
  }

  /// Both files with the optimiser's buffers, and a new one beside those it will replace.
  uint64_t bytes_to_write() const {
    uint64_t model = 0;
    for (const auto& [name, tensor] : network_.state()) model += tensor.view().bytes();
    uint64_t trained = 0;
    for (const auto& [name, tensor] : network_.trainable_parameters()) {
      trained += tensor.view().bytes();
    }
    return 3 * model + 4 * trained;
  }

  // --- photos ---

  io::LoaderOptions loader_options(uint32_t view) const {
    return {
        .batch = options_.fit.batch, .threads = reading_threads(options_.threads), .view = view};
  }

  Features features_of(Backbone& backbone, const std::vector<io::Sample>& samples,
                       const io::Transform& transform, uint32_t view, const std::string& title) {
    io::Loader loader(samples, transform, loader_options(view));
    Progress progress = console_.progress(title, static_cast<int64_t>(samples.size()));
    Features features = compute_features(backbone, loader, progress, stop_);
    progress.finish();
    add_skipped(loader.skipped());
    return features;
  }

  /// What is trained on; with a frozen backbone that is features, computed here.
  void make_examples() {
    const bool computed = head_only_ && options_.views > 0;
    const SkippedPhotos before = skipped_;
    if (computed) skipped_.clear();
    examples_ = head_only_ ? head_examples() : photo_examples([this](const io::Batch& batch) {
      return to_input(batch, preprocessing_, image_size_, backend_);
    });
    if (stop_()) {
      skipped_.insert(before.begin(), before.end());
      return;
    }
    // With other photos missing, the epochs' order would be another one.
    const bool others_missing = computed && state_.steps > 0 && !same_photos(before, skipped_);
    if (others_missing || state_.position > examples_->count()) throw_other_photos();
    if (computed) expect_photos_of_each_class(data_, skipped_);
  }

  std::unique_ptr<Examples> photo_examples(PhotoExamples::Prepare prepare) const {
    return std::make_unique<PhotoExamples>(
        data_.train, transform_, reading_threads(options_.threads), order(), std::move(prepare));
  }

  ExampleOptions order() const { return {options_.fit.batch, options_.seed}; }

  std::unique_ptr<Examples> head_examples() {
    const auto backbone = std::make_shared<Backbone>(network_, image_size_);
    validation_ = features_of(*backbone, data_.validation, evaluation_transform(), 0,
                              "Features of photos to judge by");
    if (options_.views == 0) {
      return photo_examples([this, backbone](const io::Batch& batch) {
        return (*backbone)(batch).to(head_backend_);
      });
    }
    std::vector<Features> views;
    for (int view = 0; view < views_used() && !stop_(); ++view) {
      views.push_back(features_of(*backbone, data_.train, transform_, static_cast<uint32_t>(view),
                                  views_used() == 1
                                      ? "Features of photos to train on"
                                      : fmt::format("Features of photos to train on, view {} of {}",
                                                    view + 1, views_used())));
    }
    return std::make_unique<FeatureExamples>(std::move(views), order(), head_backend_);
  }

  /// Views that can differ and will be met.
  int views_used() const {
    return options_.augment == "none" ? 1 : std::min(options_.views, options_.fit.epochs);
  }

  io::Transform evaluation_transform() const {
    return io::Transform::evaluation(preprocessing_, image_size_);
  }

  void add_skipped(const std::vector<io::Skipped>& skipped) {
    for (const io::Skipped& photo : skipped) skipped_.emplace(photo.name, photo.reason);
  }

  // --- training ---

  io::TrainingState training_state() {
    add_skipped(examples_->skipped());
    return save_state(network_, state_, skipped_);
  }

  void train() {
    const FitHooks hooks{
        .forward =
            [this](const Tensor& x) { return head_only_ ? network_.head(x) : network_.forward(x); },
        .judge = [this] { return head_only_ ? judge_features() : judge_photos(); },
        .epoch_done = [this](const Epoch& epoch) { epoch_done(epoch); },
        .batch_done = [this] { checkpoints_.batch_done(); },
        .stop = stop_};
    try {
      fit(network_, state_, *examples_, fit_options_, hooks, console_);
    } catch (const Error&) {
      keep_best();
      throw;
    }
  }

  void keep_best() {
    try {
      if (!checkpoints_.write_best()) return;
      console_.note("The best epoch until then is kept: {}", folder_.model().string());
    } catch (const Error& error) {
      console_.warn("the best epoch until then is lost: {}", error.what());
    }
  }

  FitOptions fit_options() const {
    FitOptions fit = options_.fit;
    if (!head_only_ && fit.batch > 1) fit.smallest_batch = 2;
    if (options_.class_weights == "balanced") {
      fit.class_weights = balanced_weights(data_.train, data_.classes.size());
    }
    return fit;
  }

  Metrics measured(const std::vector<float>& logits, const std::vector<int64_t>& labels) const {
    return measure(logits, labels, static_cast<int64_t>(data_.classes.size()));
  }

  /// report.json and report.html. What they tell of single photos is asked of the best epoch's
  /// network; a stopped run does not wait for that.
  void write_reports(json report) {
    Showcase showcase;
    try {
      if (!report["best_epoch"].is_null() && !stop_()) showcase = show_best(report);
    } catch (const Error& error) {
      console_.warn("the report goes without photos: {}", error.what());
    }
    folder_.write_report(report);
    folder_.write_html(html_report(report, showcase));
  }

  Showcase show_best(json& report) {
    const io::Model best = io::load_model(folder_.model(), backend_);
    const Answers answers = answers_of(*best.network);
    if (stop_()) return {};
    const auto classes = static_cast<int64_t>(data_.classes.size());
    report["calibration"] = to_json(calibrate(answers.logits, answers.labels, classes));
    Showcase showcase = make_showcase(best, data_.validation, answers);
    report["examples"] = to_json(showcase, data_.classes);
    return showcase;
  }

  /// Of the photos to judge by; fewer when stopped.
  Answers answers_of(layers::Network& network) {
    if (head_only_) {
      return {Head(network)(validation_.values), validation_.labels, validation_.indices};
    }
    Predictor predictor(network, image_size_);
    io::Loader loader(data_.validation, evaluation_transform(), loader_options(0));
    Progress progress = console_.progress("Judging", static_cast<int64_t>(data_.validation.size()));
    Answers answers = ask(predictor, loader, progress, stop_);
    add_skipped(loader.skipped());
    return answers;
  }

  std::optional<Metrics> judge_features() {
    return measured(head_(validation_.values), validation_.labels);
  }

  std::optional<Metrics> judge_photos() {
    const Answers answers = answers_of(network_);
    if (stop_()) return std::nullopt;
    return measured(answers.logits, answers.labels);
  }

  void epoch_done(const Epoch& epoch) {
    add_skipped(examples_->skipped());
    expect_photos_of_each_class(data_, skipped_);
    console_.note("Epoch {} of {}: loss {:.4f}, {} right in training, {} right in judging{} ({})",
                  epoch.number, options_.fit.epochs, epoch.loss, format_percent(epoch.accuracy),
                  format_percent(epoch.validation.accuracy),
                  epoch.is_best ? ", the best so far" : "", format_duration(epoch.seconds));
    try {
      folder_.add_metrics(epoch.number, to_json(epoch));
    } catch (const Error& error) {
      console_.warn("{}; training goes on", error.what());
    }
    checkpoints_.epoch_done(epoch);
  }

  // --- words ---

  void note_start() const {
    console_.note("Device: {}", backend_->device());
    console_.note(
        "Data: {} classes; {} photos to train on, {} to judge by{}", data_.classes.size(),
        format_count(static_cast<int64_t>(data_.train.size())),
        format_count(static_cast<int64_t>(data_.validation.size())),
        data_.split_by_seed ? fmt::format(" (a fifth, drawn by seed {})", options_.seed) : "");
    for (const std::string& warning : data_.warnings) console_.warn("{}", warning);
    if (start_.source == "none") {
      console_.warn("nothing is pretrained: {} starts from random numbers{}", network_.name(),
                    head_only_ ? " and only its last layer learns; expect poor answers (try "
                                 "pretrained --weights, or --train all)"
                               : "");
    } else {
      console_.note("Network: {} with the weights of {} ({})", network_.name(), start_.source,
                    start_.layout);
    }
  }

  void note_skipped() const {
    if (skipped_.empty()) return;
    console_.warn("{} photos could not be read and were left out: {} has the list (the first: {})",
                  skipped_.size(), folder_.report().string(), skipped_.begin()->second);
  }

  json report(const FinetuneResult& result) const {
    return {{"tailor", version()},
            {"command", options_.command},
            {"device", backend_->device()},
            {"finished", utc_now()},
            {"data", data_report(options_.data, data_, skipped_)},
            {"network", network_report(network_, start_, image_size_)},
            {"training", to_json(options_)},
            {"stopped", result.stopped},
            {"epochs", folder_.metrics()},
            {"best_epoch", result.best ? json(result.best->number) : json()},
            {"validation", result.best ? to_json(result.best->validation, data_.classes) : json()}};
  }

  const FinetuneOptions options_;
  const std::shared_ptr<Backend> backend_;
  /// One thread is enough for a head, and its results then do not depend on the number of cores.
  const std::shared_ptr<Backend> head_backend_;
  const Console& console_;
  const Stop stop_;
  RunFolder folder_;
  const io::Dataset data_;
  const Pretrained start_;
  layers::Network& network_;
  const bool head_only_;
  const std::vector<std::string> prefixes_;
  const int image_size_;
  const Preprocessing preprocessing_;
  const io::Transform transform_;
  const Head head_;
  const FitOptions fit_options_;
  FitState state_;
  SkippedPhotos skipped_;
  Checkpoints checkpoints_;
  std::unique_ptr<Examples> examples_;
  Features validation_;  ///< when only the head is trained
};

}  // namespace

FinetuneResult finetune(const FinetuneOptions& options, const std::shared_ptr<Backend>& backend,
                        const Console& console, const Stop& stop) {
  return Finetune(options, backend, console, stop).run();
}

}  // namespace tailor::train
