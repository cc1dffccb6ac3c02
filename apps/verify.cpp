// tailor verify: every kernel of a device against the reference.
#include <fmt/format.h>

#include <memory>

#include "apps/commands.h"
#include "verify/report.h"

namespace tailor::apps {
namespace {

struct Options {
  verify::Options verify;
  std::string json;
};

void run(const Options& options) {
  const auto results = verify::run(options.verify);
  fmt::print("{}", verify::to_table(results));
  if (!options.json.empty()) verify::write_json(results, options.json);
  if (verify::summary_of(results).fail > 0) throw CLI::RuntimeError(1);
}

}  // namespace

void add_verify(CLI::App& program) {
  CLI::App* app = program.add_subcommand("verify", "Check every kernel against the reference");
  const auto options = std::make_shared<Options>();
  app->add_option("--device", options->verify.device, "Whose kernels")->capture_default_str();
  app->add_option("--op", options->verify.op,
                  "One operation with its gradients, such as conv2d; otherwise all");
  app->add_option("--variant", options->verify.variant,
                  "One way to compute, such as naive; otherwise every one");
  app->add_flag("--all", options->verify.every_order,
                "Run each case in every order of threads, where a device watches them");
  app->add_option("--json", options->json, "Also write the results to this file");
  app->callback([options] { run(*options); });
}

}  // namespace tailor::apps
