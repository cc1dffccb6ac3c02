// tailor verify: every kernel of a device against the reference.
#include <fmt/format.h>

#include <memory>

#include "apps/checks.h"
#include "apps/commands.h"
#include "verify/kernel_file.h"
#include "verify/planted.h"
#include "verify/profile.h"
#include "verify/report.h"

namespace tailor::apps {
namespace {

struct Options {
  verify::Options verify;
  std::string kernel;  ///< a file; "": the device's own
  bool planted = false;
  std::string profile;  ///< an operation; "": none
  std::string json;
};

void run_planted(const Options& options) {
  const std::string& device = options.verify.device;
  const auto verdicts = verify::look_for_planted(device == "auto" ? "simt-tracked" : device);
  fmt::print("{}", verify::to_table(verdicts));
  if (!options.json.empty()) verify::write_json(verdicts, options.json);
  for (const verify::Verdict& verdict : verdicts) {
    if (!verdict.caught) throw CLI::RuntimeError(1);
  }
}

void run_profile(Options options) {
  if (options.verify.device == "auto") options.verify.device = "simt-tracked";
  options.verify.op = options.profile;
  fmt::print("{}", verify::to_table(verify::profile(options.verify)));
}

void run(const Options& options) {
  if (!options.json.empty()) expect_folder_of(options.json);
  if (options.planted) return run_planted(options);
  if (!options.profile.empty()) return run_profile(options);
  const auto results = options.kernel.empty()
                           ? verify::run(options.verify)
                           : verify::run_kernel_file(options.kernel, options.verify);
  fmt::print("{}", verify::to_table(results));
  if (!options.json.empty()) verify::write_json(results, options.json);
  if (verify::summary_of(results).fail > 0) throw CLI::RuntimeError(1);
}

}  // namespace

void add_verify(CLI::App& program) {
  CLI::App* app = program.add_subcommand("verify", "Check every kernel against the reference");
  const auto options = std::make_shared<Options>();
  app->add_option("--device", options->verify.device,
                  "Whose kernels: auto, cuda, cpu, simt, simt-tracked, reference, or a file that "
                  "lib/tailor/compile_kernel made")
      ->type_name("D")
      ->capture_default_str();
  CLI::Option* op =
      app->add_option("--op", options->verify.op,
                      "One operation with its gradients, such as conv2d; otherwise all")
          ->check(not_empty())
          ->type_name("NAME");
  CLI::Option* variant = app->add_option("--variant", options->verify.variant,
                                         "One way to compute, such as naive; otherwise every one")
                             ->check(not_empty())
                             ->type_name("NAME");
  CLI::Option* all =
      app->add_flag("--all", options->verify.every_order,
                    "Run each case in every order of threads, where a device watches them");
  CLI::Option* kernel = app->add_option("--kernel", options->kernel,
                                        "Check the kernels of this .cu file of yours, on "
                                        "simt-tracked unless --device says another")
                            ->check(not_empty())
                            ->type_name("FILE");
  CLI::Option* planted =
      app->add_flag("--planted", options->planted,
                    "Check that each of the kernels with a known bug is caught, on simt-tracked")
          ->excludes(op, variant, all, kernel);
  CLI::Option* json =
      app->add_option("--json", options->json, "Also write the results to this file")
          ->check(not_empty())
          ->type_name("FILE");
  app->add_option("--profile", options->profile,
                  "Count what each variant of this operation costs, line by line, on simt-tracked")
      ->check(not_empty())
      ->type_name("NAME")
      ->excludes(op, all, kernel, planted, json);
  app->callback([options] { run(*options); });
}

}  // namespace tailor::apps
