// tailor convert: the same weights in another layout.
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "apps/checks.h"
#include "apps/commands.h"
#include "apps/options.h"
#include "io/export.h"
#include "io/model_file.h"
#include "train/console.h"

namespace tailor::apps {
namespace {

const std::string kModel = "model";
constexpr std::string_view kKeras3Ending = ".weights.h5";

struct Options {
  std::string in;
  std::string out;
  std::string layout;
  bool overwrite = false;
  bool quiet = false;
};

std::vector<std::string> layouts() {
  std::vector<std::string> names = io::export_layouts();
  names.push_back(kModel);
  return names;
}

/// What the name of the file to write cannot mean. Throws UsageError.
void check_name(const Options& options) {
  if (options.out.ends_with(".keras")) {
    throw UsageError(
        "{}: expected the name of an HDF5 file, got a .keras archive's (try NAME.weights.h5, which "
        "Keras loads into a network of its own)",
        options.out);
  }
  const bool keras3_name = options.out.ends_with(kKeras3Ending);
  if (options.layout == "keras3" && !keras3_name) {
    throw UsageError("--layout keras3: expected a name that ends in {}, as Keras does, got {}",
                     kKeras3Ending, options.out);
  }
  if (!options.layout.empty() && options.layout != "keras3" && keras3_name) {
    throw UsageError(
        "--layout {}: expected a name without {}, by which Keras tells layout keras3, got {}",
        options.layout, kKeras3Ending, options.out);
  }
}

void check_place(const Options& options) {
  expect_folder_of(options.out);
  if (!options.overwrite && std::filesystem::exists(options.out)) {
    throw Error("{}: expected a new file, got one that is there (try --overwrite)", options.out);
  }
}

std::string choose_layout(const Options& options, const io::Weights& weights) {
  if (!options.layout.empty()) return options.layout;
  if (options.out.ends_with(kKeras3Ending)) return "keras3";
  return weights.layout == kModel ? "torchvision" : kModel;
}

/// Names and figures of a model file; "class 0" and so on for weights that have none.
io::ModelInfo describe(const Options& options, const io::Weights& weights,
                       const layers::Network& network) {
  if (weights.layout == kModel) return io::read_model_info(options.in);
  return {.classes = io::numbered_classes(weights.classes),
          .image_size = network.input_size(),
          .metrics = {},
          .tailor_version = ""};
}

void write_model(const Options& options, const io::Weights& weights,
                 const std::shared_ptr<Backend>& backend) {
  if (weights.classes == 0) {
    const auto& all = io::export_layouts();
    const auto fit = std::find_if(all.begin(), all.end(), [&](const std::string& layout) {
      return io::can_export(weights, layout);
    });
    throw Error("{}: expected a head, which a model file must have, got none{}", options.in,
                fit == all.end() ? "" : fmt::format(" (try --layout {})", *fit));
  }
  const auto network = layers::make_model(
      weights.model, {.classes = weights.classes, .variant = weights.variant}, backend);
  network->load_state_dict(weights.tensors);
  io::save_model(options.out, *network, describe(options, weights, *network));
}

void run(const Options& options) {
  check_name(options);
  check_place(options);
  const auto backend = open_backend("reference");
  const io::Weights weights = io::read_weights(options.in, backend);
  const std::string layout = choose_layout(options, weights);
  if (layout == kModel) {
    write_model(options, weights, backend);
  } else {
    io::export_weights(options.out, weights, layout);
  }
  train::Console(options.quiet)
      .note("{} from layout {} to {}, {} tensors: {}", weights.model, weights.layout, layout,
            weights.tensors.size(), options.out);
}

}  // namespace

void add_convert(CLI::App& program) {
  CLI::App* app = program.add_subcommand("convert", "Write weights in another layout");
  const auto options = std::make_shared<Options>();
  app->add_option("IN", options->in, "Pretrained weights or model.h5")
      ->check(not_empty())
      ->type_name("")
      ->required();
  app->add_option("OUT", options->out, "The file to write")
      ->check(not_empty())
      ->type_name("")
      ->required();
  app->add_option("--layout", options->layout,
                  fmt::format("Of OUT: {}; else keras3 for a name that ends in .weights.h5, "
                              "torchvision for a model.h5, and model for all others",
                              fmt::join(layouts(), ", ")))
      ->check(one_of(layouts()))
      ->type_name("NAME");
  app->add_flag("--overwrite", options->overwrite, "Replace OUT when it is there");
  app->add_flag("--quiet", options->quiet, "No notes on stderr");
  app->callback([options] { run(*options); });
}

}  // namespace tailor::apps
