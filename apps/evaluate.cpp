// tailor evaluate: how good a model is at labelled photos.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/checks.h"
#include "apps/commands.h"
#include "apps/interrupt.h"
#include "apps/options.h"
#include "train/answers.h"
#include "train/report.h"
#include "train/run_folder.h"

namespace tailor::apps {
namespace {

struct Options {
  std::string model;
  std::string data;
  std::string json;
  RunOptions run;
};

/// The figures, and for each photo what it is and what it was taken for.
nlohmann::json report(const Options& options, const train::Metrics& metrics,
                      const train::Answers& answers, const std::vector<io::Sample>& samples,
                      const std::vector<io::Skipped>& skipped,
                      const std::vector<std::string>& classes) {
  nlohmann::json photos = nlohmann::json::array();
  for (size_t i = 0; i < answers.labels.size(); ++i) {
    const std::span<const float> logits =
        std::span(answers.logits).subspan(i * classes.size(), classes.size());
    const size_t answer = train::best_class(logits);
    photos.push_back({{"path", samples[answers.indices[i]].name()},
                      {"class", classes[static_cast<size_t>(answers.labels[i])]},
                      {"answer", classes[answer]},
                      {"probability", train::probabilities(logits)[answer]}});
  }
  nlohmann::json left_out = nlohmann::json::array();
  for (const io::Skipped& photo : skipped) {
    left_out.push_back({{"path", photo.name}, {"reason", photo.reason}});
  }
  return {{"model", options.model},
          {"data", options.data},
          {"metrics", train::to_json(metrics, classes)},
          {"photos", photos},
          {"stopped", interrupted()},
          {"skipped", left_out}};
}

void run(const Options& options) {
  const train::Console console(options.run.quiet);
  if (!options.json.empty()) expect_folder_of(options.json);
  const auto backend = options.run.open_device();
  catch_interrupt();
  console.note("Device: {}", backend->device());
  const io::Model model = io::load_model(options.model, backend);
  const std::vector<std::string>& classes = model.info.classes;
  const auto [samples, is_part] = io::read_evaluation(options.data, classes);
  if (!is_part) {
    console.warn("judging all {} photos of {}, which may be those it was trained on",
                 train::format_count(static_cast<int64_t>(samples.size())), options.data);
  }
  const auto transform = io::Transform::evaluation(model.network->options().variant.preprocessing,
                                                   model.info.image_size);

  train::Predictor predictor(*model.network, model.info.image_size);
  io::Loader loader(samples, transform,
                    {.batch = options.run.batch, .threads = options.run.threads});
  train::Answers answers;
  {
    train::Progress progress = console.progress("Judging", static_cast<int64_t>(samples.size()));
    answers = train::ask(predictor, loader, progress, interrupted);
    progress.finish();
  }
  for (const io::Skipped& photo : loader.skipped()) console.warn("left out: {}", photo.reason);
  const train::Metrics metrics =
      train::measure(answers.logits, answers.labels, static_cast<int64_t>(classes.size()));
  if (!options.json.empty()) {
    train::write_json(options.json,
                      report(options, metrics, answers, samples, loader.skipped(), classes));
  }
  fmt::print("{}", train::describe(metrics, classes));
  if (interrupted()) {
    console.warn("stopped after {} of {} photos, of which alone these figures are",
                 answers.labels.size() + loader.skipped().size(), samples.size());
    throw CLI::RuntimeError(kInterrupted);
  }
}

}  // namespace

void add_evaluate(CLI::App& program) {
  CLI::App* app = program.add_subcommand("evaluate", "Judge a model by labelled photos");
  const auto options = std::make_shared<Options>();
  app->add_option("MODEL", options->model, "model.h5 of a run")
      ->check(not_empty())
      ->type_name("")
      ->required();
  app->add_option("DATA", options->data,
                  "As for finetune; the part to judge by, or all where there is none")
      ->check(not_empty())
      ->type_name("")
      ->required();
  app->add_option("--json", options->json, "Also write all figures and answers to this file")
      ->type_name("FILE");
  options->run.add_to(*app);
  app->callback([options] { run(*options); });
}

}  // namespace tailor::apps
