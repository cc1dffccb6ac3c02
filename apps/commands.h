// The sub-commands of the program, one file each.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tailor::apps {

// Each adds its sub-command with options, help and a callback to the program. A callback throws
// UsageError (exit status 2) or any other exception (1) for main to print; it ends with another
// status by throwing CLI::RuntimeError(status), which prints nothing.
/// command_line: as typed, for the report.
void add_finetune(CLI::App& program, const std::string& command_line);
void add_evaluate(CLI::App& program);
void add_predict(CLI::App& program);
void add_features(CLI::App& program);
void add_augment(CLI::App& program);
void add_info(CLI::App& program);
void add_convert(CLI::App& program);
void add_verify(CLI::App& program);
void add_bench(CLI::App& program);

}  // namespace tailor::apps
