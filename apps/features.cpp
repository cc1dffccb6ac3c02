// tailor features: what the backbone says about photos, as a table for use elsewhere.
#include "train/features.h"

#include <algorithm>
#include <memory>

#include "apps/checks.h"
#include "apps/commands.h"
#include "apps/interrupt.h"
#include "apps/options.h"
#include "io/dataset_form.h"
#include "io/feature_file.h"

namespace tailor::apps {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kNoClass = -1;

struct Options {
  ModelAndInputs subject;
  std::string out;
  RunOptions run;
};

struct Photos {
  std::vector<io::Sample> samples;
  std::vector<std::string> classes;  ///< empty when the photos have none
};

/// Whether it is a data set, with classes, rather than a heap of photos.
bool is_data_set(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return io::is_list(path);
  if (io::is_idx_folder(path)) return true;
  const std::vector<fs::path> folders = io::folders_in(path);
  return std::any_of(folders.begin(), folders.end(),
                     [](const fs::path& folder) { return !io::files_below(folder).empty(); });
}

/// Photos beside the folders of classes, which have no class.
std::vector<std::string> loose_photos(const fs::path& path) {
  if (!fs::is_directory(path) || io::is_idx_folder(path)) return {};
  return io::files_in(path);
}

Photos find(const std::vector<std::string>& inputs) {
  if (inputs.size() == 1 && is_data_set(inputs.front())) {
    io::Labelled data = io::read_labelled(inputs.front());
    for (std::string& path : loose_photos(inputs.front())) {
      data.samples.push_back({.path = std::move(path), .label = kNoClass});
    }
    return {std::move(data.samples), std::move(data.classes)};
  }
  Photos photos;
  for (const std::string& input : inputs) {
    for (auto& path : io::find_photos(input)) {
      photos.samples.push_back({.path = std::move(path), .label = kNoClass});
    }
  }
  return photos;
}

struct Source {
  std::unique_ptr<layers::Network> network;
  int image_size;
};

Source open(const Options& options, const std::shared_ptr<Backend>& backend,
            const train::Console& console) {
  if (const std::string file = options.subject.model_file(); !file.empty()) {
    io::Model model = io::load_model(file, backend);
    return {std::move(model.network), model.info.image_size};
  }
  auto network = train::load_backbone(options.subject.pretrained(), 1, 0, backend, console).network;
  const int size = network->input_size();
  return {std::move(network), size};
}

void run(const Options& options) {
  const train::Console console(options.run.quiet);
  expect_folder_of(options.out);
  const std::vector<std::string> inputs = options.subject.inputs();
  const Photos photos = find(inputs);
  const auto backend = options.run.open_device();
  const Source source = open(options, backend, console);
  catch_interrupt();
  console.note("Device: {}", backend->device());
  train::Backbone backbone(*source.network, source.image_size);
  const auto transform =
      io::Transform::evaluation(source.network->options().variant.preprocessing, source.image_size);
  io::Loader loader(photos.samples, transform,
                    {.batch = options.run.batch, .threads = options.run.threads});
  train::Features features;
  {
    train::Progress progress =
        console.progress("Features", static_cast<int64_t>(photos.samples.size()));
    features = train::compute_features(backbone, loader, progress, interrupted);
    progress.finish();
  }
  for (const io::Skipped& photo : loader.skipped()) console.warn("left out: {}", photo.reason);

  io::Features rows{.architecture = source.network->name(),
                    .dimension = features.width,
                    .values = std::move(features.values),
                    .paths = {},
                    .labels = std::move(features.labels),
                    .classes = photos.classes};
  for (const size_t i : features.indices) rows.paths.push_back(photos.samples[i].name());
  io::write_features(options.out, rows);
  console.note("{} rows of {} features: {}",
               train::format_count(static_cast<int64_t>(rows.paths.size())), rows.dimension,
               options.out);
  if (interrupted()) {
    console.warn("stopped after {} of {} photos", rows.paths.size() + loader.skipped().size(),
                 photos.samples.size());
    throw CLI::RuntimeError(kInterrupted);
  }
}

}  // namespace

void add_features(CLI::App& program) {
  CLI::App* app = program.add_subcommand("features", "Write the backbone's features of photos");
  const auto options = std::make_shared<Options>();
  options->subject.add_to(*app, "DATA",
                          "A data set as for finetune, or photos and folders of photos");
  app->add_option("--out", options->out, "Where they go")->type_name("FEATURES.h5")->required();
  options->run.add_to(*app);
  app->callback([options] { run(*options); });
}

}  // namespace tailor::apps
