// tailor finetune: photos in, a judged model out.
#include "train/finetune.h"

#include <fmt/ranges.h>

#include <cstdio>
#include <memory>

#include "apps/checks.h"
#include "apps/commands.h"
#include "apps/interrupt.h"
#include "apps/options.h"
#include "io/augmentation.h"
#include "io/download.h"
#include "optim/schedule.h"
#include "train/report.h"
#include "train/run_folder.h"

namespace tailor::apps {
namespace {

struct Options {
  train::FinetuneOptions finetune;
  RunOptions run;
  std::optional<int> views;
  bool overwrite = false;
  std::string resume;  ///< RUN to go on with; "": a new one
};

void add_data(CLI::App& app, train::FinetuneOptions& options) {
  app.add_option("DATA", options.data,
                 "A folder with one folder per class; or with such folders in train/ and "
                 "validation/; or one of MNIST's IDX files; or a .csv list of photos")
      ->check(not_empty())
      ->type_name("");
  app.add_option("--val", options.validation, "A folder of its own to judge by")->type_name("DIR");
  app.add_option("--limit-train", options.limit_train, "At most so many photos to train on")
      ->transform(whole_number(1))
      ->type_name("N");
  app.add_option("--limit-val", options.limit_validation, "At most so many photos to judge by")
      ->transform(whole_number(1))
      ->type_name("N");
}

void add_network(CLI::App& app, train::FinetuneOptions& options) {
  add_pretrained(app, options.network);
  app.add_option("--weights", options.network.weights,
                 "imagenet (Keras's published file, fetched into the cache at first use), FILE, or "
                 "none")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--train", options.train, "What learns: head, layer4 (and the head), all")
      ->check(one_of({"head", "layer4", "all"}))
      ->type_name("NAME")
      ->capture_default_str();
  app.add_option("--image-size", options.image_size,
                 "Side of the pictures in pixels; by default the network's own")
      ->transform(whole_number(32, 1024))
      ->type_name("N");
}

void add_training(CLI::App& app, train::FitOptions& fit) {
  app.add_option("--epochs", fit.epochs, "Times that each photo is learnt from")
      ->transform(whole_number(1, 10000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--lr", fit.lr, "Learning rate")
      ->check(number_above(0))
      ->type_name("X")
      ->capture_default_str();
  app.add_option("--optimizer", fit.optimizer.name,
                 fmt::format("{}", fmt::join(optim::optimizer_names(), ", ")))
      ->check(one_of(optim::optimizer_names()))
      ->type_name("NAME")
      ->capture_default_str();
  app.add_option("--momentum", fit.optimizer.momentum, "Momentum of sgd")
      ->check(number_from(0, 1))
      ->type_name("X")
      ->capture_default_str();
  app.add_option("--weight-decay", fit.optimizer.weight_decay, "Pulls weights towards 0")
      ->check(number_from(0))
      ->type_name("X")
      ->capture_default_str();
  app.add_option("--schedule", fit.schedule,
                 "How the learning rate changes: constant, step (a tenth after each third), cosine "
                 "(after a warm-up), onecycle")
      ->check(one_of(optim::schedule_names()))
      ->type_name("NAME")
      ->capture_default_str();
  app.add_option("--layer-decay", fit.layer_decay,
                 "Each stage of the network learns at so much of the rate of the one above it")
      ->check(number_above(0))
      ->type_name("X")
      ->capture_default_str();
  app.add_option("--clip-norm", fit.clip_norm, "Longest gradient of a step; 0: any")
      ->check(number_from(0))
      ->type_name("X")
      ->capture_default_str();
  app.add_option("--early-stop", fit.early_stop,
                 "Ends after so many epochs without a better one; 0: never")
      ->transform(whole_number(0, 10000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--label-smoothing", fit.label_smoothing, "Share given to all classes alike")
      ->check(number_from(0, 1))
      ->type_name("X")
      ->capture_default_str();
}

void add_rest(CLI::App& app, Options& options) {
  train::FinetuneOptions& finetune = options.finetune;
  app.add_option("--class-weights", finetune.class_weights,
                 "balanced: photos of rare classes count more, so that all classes count alike")
      ->check(one_of({"balanced"}))
      ->type_name("NAME");
  app.add_option("--augment", finetune.augment,
                 "Random changes of each photo: none; light (cut, mirrored), standard (resized and "
                 "colours too), occlusion (parts erased too)")
      ->check(one_of(io::augmentation_names()))
      ->type_name("NAME")
      ->capture_default_str();
  app.add_option("--views", options.views,
                 "With --train head: how many augmented views of each photo are made, once, for "
                 "the epochs to cycle through (3); 0 makes new ones in every epoch")
      ->transform(whole_number(0, 1000))
      ->type_name("N");
  app.add_option("--seed", finetune.seed, "Of everything random; the same gives the same model")
      ->transform(whole_number(0))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--out", finetune.out, "RUN, where results go; by default runs/NAME of DATA")
      ->type_name("RUN");
  app.add_flag("--overwrite", options.overwrite, "Replace the results that are in RUN");
  app.add_option("--resume", options.resume,
                 "Go on with an interrupted run, with the options it began with")
      ->check(not_empty())
      ->type_name("RUN");
  options.run.add_to(app);
}

/// Options that contradict each other are told, not ignored.
void check(const Options& options) {
  if (options.views && options.finetune.train != "head") {
    throw UsageError(
        "--views: expected --train head with it, got --train {}, which sees a new view "
        "in every epoch",
        options.finetune.train);
  }
  if (options.finetune.fit.optimizer.momentum > 0 && options.finetune.fit.optimizer.name != "sgd") {
    throw UsageError("--momentum: expected --optimizer sgd with it, got --optimizer {}",
                     options.finetune.fit.optimizer.name);
  }
}

/// Throws UsageError for options that a run to be resumed has already.
void expect_no_others(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || name == "--resume" || name == "--threads" || name == "--quiet") {
      continue;
    }
    throw UsageError(
        "{}: expected nothing but --threads and --quiet with --resume, which goes on "
        "with the options of the run (try without it)",
        name);
  }
}

/// The options that the interrupted run began with.
Options resumed(const Options& now) {
  Options options;
  options.finetune = train::finetune_options_from(train::read_run(now.resume).at("options"));
  options.finetune.out = now.resume;
  options.finetune.start = train::RunStart::resume;
  options.run.device = options.finetune.device;
  options.run.conv = options.finetune.conv;
  options.run.quiet = now.run.quiet;
  options.finetune.threads = now.run.threads;
  return options;
}

/// The options of a new run, complete.
Options started(Options options) {
  check(options);
  train::FinetuneOptions& finetune = options.finetune;
  finetune.fit.batch = options.run.batch;
  finetune.threads = options.run.threads;
  finetune.conv = options.run.conv;
  if (options.views) finetune.views = *options.views;
  if (options.overwrite) finetune.start = train::RunStart::overwrite;
  if (finetune.out.empty()) finetune.out = train::new_run_folder(finetune.data);
  return options;
}

train::FinetuneResult fit(const train::FinetuneOptions& options,
                          const std::shared_ptr<Backend>& backend, const train::Console& console) {
  try {
    return train::finetune(options, backend, console, interrupted);
  } catch (const io::DownloadStopped& stopped) {
    console.note("Stopped: {}", stopped.what());
    throw CLI::RuntimeError(kInterrupted);
  }
}

void run(const CLI::App& app, const Options& given) {
  if (!given.resume.empty()) expect_no_others(app);
  if (given.resume.empty() && given.finetune.data.empty()) {
    throw UsageError("tailor finetune: expected DATA, got nothing (try tailor finetune --help)");
  }
  Options options = given.resume.empty() ? started(given) : resumed(given);
  train::FinetuneOptions& finetune = options.finetune;
  const train::Console console(options.run.quiet);
  const auto backend = options.run.open_device();
  finetune.device = backend->device();
  catch_interrupt();
  const train::FinetuneResult result = fit(finetune, backend, console);
  if (result.stopped) {
    console.note(
        "Stopped: {} holds the network as it was then (go on with: tailor finetune "
        "--resume {})",
        (finetune.out / "last.h5").string(), finetune.out.string());
    throw CLI::RuntimeError(kInterrupted);
  }
  const std::string model = (finetune.out / "model.h5").string();
  fmt::print(
      "{}\nThe model of the best epoch, {} of {}: {}\nIts report, for a browser: {}\n"
      "Try: tailor predict {} PHOTO\n",
      train::describe(result.best->validation, result.classes), result.best->number,
      finetune.fit.epochs, model, (finetune.out / "report.html").string(), model);
}

}  // namespace

void add_finetune(CLI::App& program, const std::string& command_line) {
  CLI::App* app = program.add_subcommand("finetune", "Train a network on your photos");
  const auto options = std::make_shared<Options>();
  options->finetune.command = command_line;
  add_data(*app, options->finetune);
  add_network(*app, options->finetune);
  add_training(*app, options->finetune.fit);
  add_rest(*app, *options);
  app->callback([app, options] { run(*app, *options); });
}

}  // namespace tailor::apps
