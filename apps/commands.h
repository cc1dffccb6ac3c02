// The sub-commands of the program, one file each.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace tailor::apps {

/// What main needs of a sub-command: whether it was asked for, and how to run it. `run` gives the
/// exit status; it throws UsageError (2) or any other exception (1) for main to print.
struct Command {
  CLI::App* app;
  std::function<int()> run;
};

/// Each adds its sub-command with options and help to the program; `run` owns the options' values.
Command add_finetune(CLI::App& program);
Command add_evaluate(CLI::App& program);
Command add_predict(CLI::App& program);
Command add_features(CLI::App& program);
Command add_info(CLI::App& program);
Command add_verify(CLI::App& program);
Command add_bench(CLI::App& program);

}  // namespace tailor::apps
