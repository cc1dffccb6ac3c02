// The program: finds the sub-command and turns whatever goes wrong into one line.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <new>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "apps/commands.h"
#include "apps/output.h"
#include "kernels/api/error.h"
#include "kernels/api/one_line.h"
#include "kernels/api/version.h"

namespace tailor::apps {
namespace {

/// "tailor finetune": the program with the sub-command that was being read.
std::string command_name(const CLI::App& program) {
  std::string name = program.get_name();
  const CLI::App* app = &program;
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
    name += " " + app->get_name();
  }
  return name;
}

std::string command_names(const CLI::App& program) {
  std::string names;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  return names;
}

/// `text` up to `end`.
std::string before(const std::string& text, const std::string& end) {
  return text.substr(0, text.find(end));
}

/// CLI11's complaint in this program's words: "WHAT: expected ..., got ... (try ...)".
std::string usage_message(const CLI::App& program, const CLI::ParseError& error) {
  const std::string command = command_name(program);
  const std::string text = error.what();
  const std::string hint = fmt::format("(try {} --help)", command);
  if (program.get_subcommands().empty()) {
    const auto rest = program.remaining();
    return fmt::format("{}: expected one of {}, got {} {}", command, command_names(program),
                       rest.empty() ? "nothing" : rest.front(), hint);
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::string extra = program.remaining(true).front();
    return extra.starts_with("-")
               ? fmt::format("{}: expected an option of {} {}", extra, command, hint)
               : fmt::format("{}: expected no more arguments, got {} {}", command, extra, hint);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    return fmt::format("{}: expected {}, got nothing {}", command, before(text, " is required"),
                       hint);
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
    return fmt::format("{}: expected one of the two, got both {}", text, hint);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return fmt::format("{}: expected a value, got none {}", before(text, ":"), hint);
  }
  return fmt::format("{} {}", text, hint);
}

#ifndef TAILOR_BARE
/// As a shell reads it again: 'it'\''s'.
std::string quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

/// As it would be typed again.
std::string command_line(int argc, char** argv) {
  std::string line = "tailor";
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool plain = argument.find_first_of(" \t\n\"'\\$&|;<>()[]{}*?!#~`") == std::string::npos;
    line += plain && !argument.empty() ? " " + argument : " " + quoted(argument);
  }
  return line;
}
#endif

int fail(int status, const std::string& message) {
  fmt::print(stderr, "error: {}\n", one_line(message));
  return status;
}

/// What was typed, the last first, as CLI11 wants it. It would take "[a,b]" for a list.
std::vector<std::string> arguments(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  for (std::string& word : words) {
    if (word.starts_with('[') && word.ends_with(']')) word = "./" + word;
  }
  std::reverse(words.begin(), words.end());
  return words;
}

/// Runs the sub-command. Status 0 means that all of its output was written.
int parse(CLI::App& program, int argc, char** argv) {
  int status = 0;
  try {
    program.parse(arguments(argc, argv));
  } catch (const CLI::RuntimeError& end) {
    return end.get_exit_code();
  } catch (const CLI::Success& request) {  // --help, --version
    std::ostringstream text;
    status = program.exit(request, text);
    fmt::print("{}", text.str());
  } catch (const std::system_error&) {  // may be fmt's, which cannot print
    flush_output();
    throw;
  }
  flush_output();
  return status;
}

int run(int argc, char** argv) {
  CLI::App program("Fits a pretrained image network to your own classes, on your own machine.",
                   "tailor");
  program.set_version_flag("--version", fmt::format("tailor {}", version()));
  program.set_help_flag("-h,--help", "Print this help and exit");
  program.require_subcommand(1);
  program.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
#ifndef TAILOR_BARE
  add_finetune(program, command_line(argc, argv));
  add_evaluate(program);
  add_predict(program);
  add_features(program);
  add_augment(program);
  add_info(program);
  add_convert(program);
#endif
  add_bench(program);
  add_verify(program);

  try {
    return parse(program, argc, argv);
  } catch (const CLI::ParseError& error) {
    return fail(2, usage_message(program, error));
  } catch (const UsageError& error) {
    return fail(2, error.what());
  } catch (const std::bad_alloc&) {
    return fail(1, "memory: expected more, got none (try a smaller --batch)");
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(1, fmt::format("{}: expected a file or a folder, got '{}'", error.path1().string(),
                               error.code().message()));
  } catch (const std::exception& error) {
    return fail(1, error.what());
  }
}

}  // namespace
}  // namespace tailor::apps

// NOLINTNEXTLINE(bugprone-exception-escape): only printing the last message can throw here
int main(int argc, char** argv) { return tailor::apps::run(argc, argv); }
