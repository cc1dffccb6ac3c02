// tailor bench: how fast this machine is at what the main job spends its time on.
#include "apps/bench.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/checks.h"
#include "apps/commands.h"
#ifndef TAILOR_BARE
#include "io/augmentation.h"
#endif

namespace tailor::apps {
namespace {

void write_json(const std::string& path, const std::vector<Measurement>& measurements) {
  auto report = nlohmann::json::array();
  for (const Measurement& m : measurements) {
    report.push_back({{"name", m.name},
                      {"unit", m.unit},
                      {"median", m.median},
                      {"min", m.min},
                      {"max", m.max},
                      {"runs", m.runs},
                      {"precision", m.precision},
                      {"batch", m.batch}});
  }
  std::ofstream file(path);
  file << report.dump(2) << std::endl;
  if (!file) throw Error("--json {}: expected a file that can be written, got an error", path);
}

void run(const BenchOptions& options) {
  if (options.what != "kernels" && (options.precision != "f32" || !options.op.empty())) {
    throw UsageError("{}: expected bench kernels with it, got bench {}",
                     options.op.empty() ? "--precision" : "--op", options.what);
  }
  if ((options.what == "loader") == options.data.empty()) {
    throw UsageError("--data: expected a data set for bench loader, {}",
                     options.data.empty() ? "got none" : fmt::format("got bench {}", options.what));
  }
  if (!options.json.empty()) expect_folder_of(options.json);
#ifdef TAILOR_BARE
  const auto measurements = bench_kernels(options);
#else
  const auto measurements = options.what == "kernels"  ? bench_kernels(options)
                            : options.what == "loader" ? bench_loader(options)
                                                       : bench_forward(options);
#endif
  fmt::print("{:54} {:>10} {:>10} {:>10}  {}\n", "name", "median", "min", "max", "unit");
  for (const Measurement& m : measurements) {
    fmt::print("{:54} {:10.1f} {:10.1f} {:10.1f}  {}\n", m.name, m.median, m.min, m.max, m.unit);
  }
  if (!options.json.empty()) write_json(options.json, measurements);
}

}  // namespace

Measurement measure(std::string name, std::string unit, double amount, const BenchOptions& options,
                    const std::function<void()>& call, const std::function<void()>& finish) {
  constexpr double kShortest = 5e-3;
  const auto seconds_of = [&](int calls) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i) call();
    finish();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  seconds_of(1);  // a first call prepares what the others find
  int calls = 1;
  while (seconds_of(calls) < kShortest) calls *= 2;
  std::vector<double> speeds(static_cast<size_t>(options.runs));
  for (double& speed : speeds) speed = amount * calls / seconds_of(calls);
  std::sort(speeds.begin(), speeds.end());
  return {.name = std::move(name),
          .unit = std::move(unit),
          .median = speeds[speeds.size() / 2],
          .min = speeds.front(),
          .max = speeds.back(),
          .runs = options.runs,
          .precision = options.precision,
          .batch = options.batch};
}

void add_bench(CLI::App& program) {
  auto* app = program.add_subcommand("bench", "Measure how fast this machine is");
  const auto options = std::make_shared<BenchOptions>();
#ifdef TAILOR_BARE
  options->what = "kernels";
  const std::vector<std::string> kinds{"kernels"};
#else
  const std::vector<std::string> kinds{"forward", "loader", "kernels"};
#endif
  app->add_option("what", options->what, "What to measure")
      ->check(one_of(kinds))
      ->capture_default_str();
  app->add_option("--model", options->model, "Network (forward)")->capture_default_str();
  app->add_option("--device", options->device, "Where to compute")->capture_default_str();
  app->add_option("--precision", options->precision, "Of the numbers (kernels): f32 or bf16")
      ->check(one_of({"f32", "bf16"}))
      ->capture_default_str();
  app->add_option("--op", options->op,
                  "One operation with its gradients, such as conv2d (kernels); otherwise all")
      ->check(not_empty())
      ->type_name("NAME");
#ifndef TAILOR_BARE
  app->add_option("--data", options->data, "Photos to read (loader), as for finetune")
      ->check(not_empty())
      ->type_name("DATA");
  app->add_option("--augment", options->augment, "Set of random changes (loader)")
      ->check(one_of(io::augmentation_names()))
      ->type_name("NAME")
      ->capture_default_str();
#endif
  app->add_option("--threads", options->threads, "Threads; 0 for one a core")
      ->transform(whole_number(0, 1024))
      ->capture_default_str();
  app->add_option("--batch", options->batch, "Photos a run")
      ->transform(whole_number(1, 4096))
      ->capture_default_str();
  app->add_option("--runs", options->runs, "Timed runs")
      ->transform(whole_number(1, 1000))
      ->capture_default_str();
  app->add_option("--json", options->json, "Also write the figures to this file");
  app->callback([options] { run(*options); });
}

}  // namespace tailor::apps
