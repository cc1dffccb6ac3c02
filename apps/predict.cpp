// tailor predict: names photos.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "apps/checks.h"
#include "apps/commands.h"
#include "apps/options.h"
#include "io/replace_file.h"
#include "train/metrics.h"
#include "train/predictor.h"
#include "train/run_folder.h"

namespace tailor::apps {
namespace {

struct Options {
  ModelAndInputs subject;
  size_t top = 5;
  bool json = false;
  std::string csv;
  RunOptions run;
};

struct Answer {
  size_t index;
  double probability;
  float logit;
};

/// The most probable classes of one photo, the best first.
std::vector<Answer> best_answers(std::span<const float> logits, size_t count) {
  const std::vector<double> probabilities = train::probabilities(logits);
  std::vector<size_t> order(logits.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return logits[a] > logits[b]; });
  order.resize(count == 0 ? order.size() : std::min(count, order.size()));
  std::vector<Answer> answers;
  answers.reserve(order.size());
  for (const size_t i : order) answers.push_back({i, probabilities[i], logits[i]});
  return answers;
}

std::string json_line(const std::string& path, const std::vector<Answer>& answers,
                      const std::vector<std::string>& classes) {
  nlohmann::json predictions = nlohmann::json::array();
  for (const Answer& answer : answers) {
    predictions.push_back({{"index", answer.index},
                           {"name", classes[answer.index]},
                           {"probability", answer.probability},
                           {"logit", answer.logit}});
  }
  return train::to_text({{"path", path}, {"predictions", predictions}}) + "\n";
}

std::string table_line(const std::string& path, size_t width, const std::vector<Answer>& answers,
                       const std::vector<std::string>& classes) {
  std::string line = fmt::format("{:{}} ", path, width);
  for (const Answer& answer : answers) {
    line += fmt::format("{} {} {}", &answer == answers.data() ? "" : ",", classes[answer.index],
                        train::format_percent(answer.probability));
  }
  return line + "\n";
}

/// A field of a CSV file (RFC 4180).
std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string result = "\"";
  for (const char c : field) result += c == '"' ? "\"\"" : std::string(1, c);
  return result + "\"";
}

std::string csv_header(size_t answers) {
  std::string header = "path";
  for (size_t i = 1; i <= answers; ++i) header += fmt::format(",class{0},probability{0}", i);
  return header + "\n";
}

std::string csv_line(const std::string& path, const std::vector<Answer>& answers,
                     const std::vector<std::string>& classes) {
  std::string line = quoted(path);
  for (const Answer& answer : answers) {
    line += fmt::format(",{},{:.6f}", quoted(classes[answer.index]), answer.probability);
  }
  return line + "\n";
}

std::vector<io::Sample> find_samples(const std::vector<std::string>& inputs) {
  std::vector<io::Sample> samples;
  for (const std::string& input : inputs) {
    for (auto& path : io::find_photos(input)) samples.push_back({.path = std::move(path)});
  }
  return samples;
}

size_t longest_name(const std::vector<io::Sample>& samples) {
  size_t longest = 0;
  for (const io::Sample& sample : samples) longest = std::max(longest, sample.name().size());
  return longest;
}

/// Asks about all photos; `write` gets each one's name and answers, in order.
void predict(const Options& options, const io::Model& model, const std::vector<io::Sample>& samples,
             const std::function<void(const std::string&, const std::vector<Answer>&)>& write) {
  // Answers on the screen are progress enough.
  const train::Console console(options.run.quiet || options.csv.empty());
  const size_t classes = model.info.classes.size();
  const auto transform = io::Transform::evaluation(model.network->options().variant.preprocessing,
                                                   model.info.image_size);
  train::Predictor predictor(*model.network, model.info.image_size);
  io::Loader loader(samples, transform,
                    {.batch = options.run.batch, .threads = options.run.threads});
  train::Progress progress = console.progress("Naming", static_cast<int64_t>(samples.size()));
  while (const auto batch = loader.next()) {
    const std::vector<float> logits = predictor(*batch);
    for (size_t i = 0; i < batch->indices.size(); ++i) {
      write(samples[batch->indices[i]].name(),
            best_answers(std::span(logits).subspan(i * classes, classes), options.top));
    }
    progress.add(static_cast<int64_t>(batch->indices.size()));
  }
  progress.finish();
  for (const io::Skipped& photo : loader.skipped()) console.warn("left out: {}", photo.reason);
}

io::Model open_model(const Options& options) {
  const auto backend = options.run.open_device();
  if (const std::string file = options.subject.model_file(); !file.empty()) {
    return io::load_model(file, backend);
  }
  const train::Console console(options.run.quiet);
  io::Model model{train::load_with_head(options.subject.pretrained(), backend, console).network,
                  {}};
  model.info.image_size = model.network->input_size();
  for (int64_t i = 0; i < model.network->options().classes; ++i) {
    model.info.classes.push_back(fmt::format("class {}", i));
  }
  return model;
}

void write_csv(const Options& options, const io::Model& model,
               const std::vector<io::Sample>& samples) {
  const auto& classes = model.info.classes;
  const size_t answers = options.top == 0 ? classes.size() : std::min(options.top, classes.size());
  io::replace_file(options.csv, [&](const std::filesystem::path& part) {
    std::ofstream file(part, std::ios::binary);
    file << csv_header(answers);
    predict(options, model, samples, [&](const std::string& path, const auto& best) {
      file << csv_line(path, best, classes);
    });
    file.close();
    if (!file) throw Error("--csv {}: expected to write it, got an error", options.csv);
  });
}

void run(const Options& options) {
  const std::vector<std::string> inputs = options.subject.inputs();
  const auto samples = find_samples(inputs);
  const io::Model model = open_model(options);
  const auto& classes = model.info.classes;
  if (!options.csv.empty()) return write_csv(options, model, samples);
  const size_t width = longest_name(samples);
  predict(options, model, samples, [&](const std::string& path, const auto& answers) {
    fmt::print("{}", options.json ? json_line(path, answers, classes)
                                  : table_line(path, width, answers, classes));
    std::fflush(stdout);
  });
}

}  // namespace

void add_predict(CLI::App& program) {
  CLI::App* app = program.add_subcommand("predict", "Name photos");
  const auto options = std::make_shared<Options>();
  options->subject.add_to(*app, "PHOTO", "Photos and folders of photos");
  app->add_option("--top", options->top, "How many classes for each photo; 0: all")
      ->check(whole_number(0))
      ->type_name("N")
      ->capture_default_str();
  auto* json = app->add_flag("--json", options->json, "One JSON object a line");
  app->add_option("--csv", options->csv, "Write a table to this file instead")
      ->type_name("FILE")
      ->excludes(json);
  options->run.add_to(*app);
  app->callback([options] { run(*options); });
}

}  // namespace tailor::apps
