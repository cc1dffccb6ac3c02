// tailor predict: names photos.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>

#include "apps/checks.h"
#include "apps/commands.h"
#include "apps/heat_map_folder.h"
#include "apps/interrupt.h"
#include "apps/options.h"
#include "apps/output.h"
#include "apps/predict_lines.h"
#include "io/replace_file.h"
#include "train/heat_map.h"
#include "train/predictor.h"

namespace tailor::apps {
namespace {

struct Options {
  ModelAndInputs subject;
  size_t top = 5;
  bool json = false;
  std::string csv;
  std::string heat_maps;
  RunOptions run;
};

struct Photos {
  std::vector<io::Sample> samples;
  std::vector<std::string> places;  ///< of each: its path below the folder that was asked for
};

Photos find(const std::vector<std::string>& inputs) {
  Photos photos;
  for (const std::string& input : inputs) {
    for (const auto& path : io::find_photos(input)) {
      photos.samples.push_back({.path = path});
      photos.places.push_back(path == input ? path.filename() : path.lexically_relative(input));
    }
  }
  return photos;
}

size_t longest_name(const std::vector<io::Sample>& samples) {
  size_t longest = 0;
  for (const io::Sample& sample : samples) longest = std::max(longest, sample.name().size());
  return longest;
}

/// What became of the photos.
struct Tally {
  size_t named = 0;
  size_t unreadable = 0;
};

using Write = std::function<void(const Named&)>;

/// Asks about all photos, until Ctrl-C; `write` gets each of them in order.
class Naming {
 public:
  Naming(const Options& options, const io::Model& model, const Photos& photos, Write write)
      : options_(options),
        model_(model),
        samples_(photos.samples),
        places_(photos.places),
        write_(std::move(write)),
        predictor_(*model.network, model.info.image_size),
        loader_(samples_,
                io::Transform::evaluation(model.network->options().variant.preprocessing,
                                          model.info.image_size),
                {.batch = options.run.batch, .threads = options.run.threads}) {
    if (!options.heat_maps.empty()) heat_maps_.emplace(options.heat_maps);
  }

  Tally run(const train::Console& console) {
    train::Progress progress = console.progress("Naming", static_cast<int64_t>(samples_.size()));
    while (const auto batch = next()) {
      name(*batch);
      progress.add(static_cast<int64_t>(batch->indices.size()));
      if (interrupted()) break;
    }
    write_unreadable(samples_.size());
    progress.finish();
    return tally_;
  }

 private:
  /// The loader complains when no photo at all could be read; here each has had its own line.
  std::optional<io::Batch> next() {
    try {
      return loader_.next();
    } catch (const Error&) {
      if (loader_.skipped().size() < samples_.size()) throw;
      return std::nullopt;
    }
  }

  void name(const io::Batch& batch) {
    const std::vector<float> logits = predictor_(batch);
    const size_t classes = model_.info.classes.size();
    std::vector<Named> photos;
    for (size_t i = 0; i < batch.indices.size(); ++i) {
      const auto row = std::span(logits).subspan(i * classes, classes);
      photos.push_back(
          {samples_[batch.indices[i]].name(), best_answers(row, options_.top), "", ""});
    }
    if (heat_maps_) draw(batch, photos);
    for (size_t i = 0; i < photos.size(); ++i) {
      write_unreadable(batch.indices[i]);
      write_(photos[i]);
      ++tally_.named;
    }
  }

  /// A heat map of each photo's first answer.
  void draw(const io::Batch& batch, std::vector<Named>& photos) {
    const int size = model_.info.image_size;
    layers::Network& network = *model_.network;
    const Tensor x = train::to_input(batch, network.options().variant.preprocessing, size,
                                     train::backend_of(network));
    std::vector<size_t> answers;
    answers.reserve(photos.size());
    for (const Named& photo : photos) answers.push_back(photo.answers.front().index);
    const std::vector<train::HeatMap> maps = train::heat_maps(network, x, answers);
    const size_t bytes = batch.pixels.size() / photos.size();
    for (size_t i = 0; i < photos.size(); ++i) {
      const auto from = batch.pixels.begin() + static_cast<ptrdiff_t>(i * bytes);
      const io::Image picture{size, size, {from, from + static_cast<ptrdiff_t>(bytes)}};
      photos[i].heat_map =
          heat_maps_->add(places_[batch.indices[i]], train::overlay(picture, maps[i]));
    }
  }

  /// Those before sample `end` that have not been written.
  void write_unreadable(size_t end) {
    const std::vector<io::Skipped>& skipped = loader_.skipped();
    for (; tally_.unreadable < skipped.size() && skipped[tally_.unreadable].index < end;
         ++tally_.unreadable) {
      const io::Skipped& photo = skipped[tally_.unreadable];
      const std::string prefix = photo.name + ": ";
      const bool named = photo.reason.starts_with(prefix);
      write_({photo.name, {}, named ? photo.reason.substr(prefix.size()) : photo.reason, ""});
    }
  }

  const Options& options_;
  const io::Model& model_;
  const std::vector<io::Sample>& samples_;
  const std::vector<std::string>& places_;
  const Write write_;
  train::Predictor predictor_;
  io::Loader loader_;
  std::optional<HeatMapFolder> heat_maps_;
  Tally tally_;
};

io::Model open_model(const Options& options, const std::shared_ptr<Backend>& backend) {
  if (const std::string file = options.subject.model_file(); !file.empty()) {
    return io::load_model(file, backend);
  }
  const train::Console console(options.run.quiet);
  io::Model model{train::load_with_head(options.subject.pretrained(), backend, console).network,
                  {}};
  model.info.image_size = model.network->input_size();
  model.info.classes = io::numbered_classes(model.network->options().classes);
  return model;
}

/// To the file --csv names, which is there only when it is whole.
Tally write_csv(const Options& options, const io::Model& model, const Photos& photos,
                const train::Console& console) {
  const auto& classes = model.info.classes;
  const CsvLines csv(options.top == 0 ? classes.size() : std::min(options.top, classes.size()),
                     !options.heat_maps.empty());
  Tally tally;
  io::replace_file(options.csv, [&](const std::filesystem::path& part) {
    std::ofstream file(part, std::ios::binary);
    const auto write = [&](const std::string& text) {
      errno = 0;
      if (file << text << std::flush) return;
      throw Error("{}: expected to write it, got '{}'", options.csv, std::strerror(errno));
    };
    write(csv.header());
    tally = Naming(options, model, photos, [&](const Named& photo) {
              write(csv.line(photo, classes));
            }).run(console);
  });
  return tally;
}

/// To standard output, each line as soon as it is known.
Tally print(const Options& options, const io::Model& model, const Photos& photos,
            const train::Console& console) {
  const auto& classes = model.info.classes;
  const size_t width = longest_name(photos.samples);
  return Naming(options, model, photos,
                [&](const Named& photo) {
                  fmt::print("{}", options.json ? json_line(photo, classes)
                                                : table_line(photo, classes, width));
                  flush_output();
                })
      .run(console);
}

void run(const Options& options) {
  const Photos photos = find(options.subject.inputs());
  // Answers on the screen are progress enough.
  const train::Console console(options.run.quiet || options.csv.empty());
  const auto backend = options.run.open_device();
  const io::Model model = open_model(options, backend);
  catch_interrupt();
  console.note("Device: {}", backend->device());
  const Tally tally = options.csv.empty() ? print(options, model, photos, console)
                                          : write_csv(options, model, photos, console);
  const size_t told = tally.named + tally.unreadable;
  if (tally.unreadable > 0 && tally.named > 0) {
    console.warn("{} of {} photos could not be read", tally.unreadable, told);
  }
  if (interrupted()) {
    console.warn("stopped after {} of {} photos", told, photos.samples.size());
    throw CLI::RuntimeError(kInterrupted);
  }
  if (tally.named == 0) {
    throw Error("predict: expected photos that can be read, got {} that cannot", told);
  }
}

}  // namespace

void add_predict(CLI::App& program) {
  CLI::App* app = program.add_subcommand("predict", "Name photos");
  const auto options = std::make_shared<Options>();
  options->subject.add_to(*app, "PHOTO", "Photos and folders of photos");
  app->add_option("--top", options->top, "How many classes for each photo; 0: all")
      ->transform(whole_number(0))
      ->type_name("N")
      ->capture_default_str();
  auto* json = app->add_flag("--json", options->json, "One JSON object a line");
  app->add_option("--csv", options->csv, "Write a table to this file instead")
      ->type_name("FILE")
      ->excludes(json);
  app->add_option("--heatmap", options->heat_maps,
                  "Put a picture of where each first answer was seen into this new folder")
      ->check(not_empty())
      ->type_name("DIR");
  options->run.add_to(*app);
  app->callback([options] { run(*options); });
}

}  // namespace tailor::apps
