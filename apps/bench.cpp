// tailor bench forward: how fast the frozen backbone runs.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "apps/commands.h"
#include "inference/frozen.h"

namespace tailor::apps {
namespace {

struct Options {
  std::string model = "resnet50";
  std::string device = "auto";
  std::string json;
  int threads = 0;
  int64_t batch = 32;
  int runs = 5;
};

/// Images a second of each run, after one that is not counted.
std::vector<double> time_forward(const Options& options) {
  const auto backend = open_backend(options.device, {.threads = options.threads});
  const auto network = layers::make_model(options.model, {}, backend);
  network->initialize(0);
  const int size = network->input_size();
  inference::Frozen frozen(*network, size, options.threads);
  const Tensor x = Tensor::zeros({options.batch, size, size, 3}, DType::f32, backend);
  frozen(x);
  std::vector<double> speeds;
  for (int run = 0; run < options.runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    frozen(x);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    speeds.push_back(static_cast<double>(options.batch) / seconds.count());
  }
  return speeds;
}

void run(const Options& options) {
  std::vector<double> speeds = time_forward(options);
  std::sort(speeds.begin(), speeds.end());
  const double median = speeds[speeds.size() / 2];
  fmt::print(
      "{} forward, f32, batch {}: median {:.1f} images/s (min {:.1f}, max {:.1f}, {} runs)\n",
      options.model, options.batch, median, speeds.front(), speeds.back(), speeds.size());
  if (options.json.empty()) return;
  const nlohmann::json report = nlohmann::json::array({{{"name", "forward/" + options.model},
                                                        {"unit", "images/s"},
                                                        {"median", median},
                                                        {"min", speeds.front()},
                                                        {"max", speeds.back()},
                                                        {"runs", speeds.size()},
                                                        {"precision", "f32"},
                                                        {"batch", options.batch}}});
  std::ofstream file(options.json);
  file << report.dump(2) << '\n';
  file.flush();
  if (!file) throw Error("{}: expected a file that can be written, got an error", options.json);
}

}  // namespace

void add_bench(CLI::App& app) {
  auto* bench = app.add_subcommand("bench", "Measure how fast this machine is");
  bench->require_subcommand(1);
  auto* forward = bench->add_subcommand("forward", "The frozen backbone, images a second");
  const auto options = std::make_shared<Options>();
  forward->add_option("--model", options->model, "Network")->capture_default_str();
  forward->add_option("--device", options->device, "Where to compute")->capture_default_str();
  forward->add_option("--threads", options->threads, "Streams; 0 for one a core")
      ->capture_default_str();
  forward->add_option("--batch", options->batch, "Photos a run")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  forward->add_option("--runs", options->runs, "Timed runs")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  forward->add_option("--json", options->json, "Also write the figures here");
  forward->callback([options] { run(*options); });
}

}  // namespace tailor::apps
