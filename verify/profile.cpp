#include "verify/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "verify/truth.h"

namespace tailor::verify {
namespace {

constexpr double kSectorBytes = 32;

const Shape& shape_of(const Case& test, std::string_view argument) {
  return std::find_if(test.arguments.begin(), test.arguments.end(),
                      [&](const Argument& one) { return one.name == argument; })
      ->shape;
}

/// The products and sums of the definition, those with a padding's zeros too.
double flops_of(const Case& test) {
  // In all directions the same: each result of the forward is a sum over one filter.
  const auto convolution = [&](std::string_view y, std::string_view w) {
    const Shape& filters = shape_of(test, w);
    return 2 * static_cast<double>(shape_of(test, y).count() * (filters.count() / filters[0]));
  };
  switch (test.op) {
    case Op::conv2d:
      return convolution("y", "w");
    case Op::conv2d_backward_data:
      return convolution("dy", "w");
    case Op::conv2d_backward_filter:
      return convolution("dy", "dw");
    case Op::matmul: {  // [batch] m k, [batch] k n and [batch] m n, some of them transposed
      const Shape& y = shape_of(test, "y");
      const double batch = y.rank() == 3 ? static_cast<double>(y[0]) : 1;
      return 2 * std::sqrt(static_cast<double>(shape_of(test, "a").count()) / batch *
                           static_cast<double>(shape_of(test, "b").count()) *
                           static_cast<double>(y.count()));
    }
    default:
      return 0;
  }
}

size_t bytes_of(const Case& test) {
  size_t bytes = 0;
  for (const Argument& argument : test.arguments) {
    bytes += static_cast<size_t>(argument.shape.count()) * size_of(dtype_of(argument, DType::f32));
  }
  return bytes;
}

/// The cases of these operations that give numbers in f32, largest first. Without those whose
/// arguments are not aligned: the larger by one element, they would show another case for the
/// variants that take them than for the rest of the ladder.
std::vector<const Case*> cases_of(const Options& options) {
  std::vector<const Case*> found;
  for (const Case& test : cases()) {
    const bool has_f32 =
        std::find(test.dtypes.begin(), test.dtypes.end(), DType::f32) != test.dtypes.end();
    const bool asked = selects({.op = options.op}, test.op, DType::f32, "");
    const bool aligned = test.name.find("/unaligned_") == std::string::npos;
    if (asked && has_f32 && aligned && test.error.empty()) found.push_back(&test);
  }
  std::stable_sort(found.begin(), found.end(), [](const Case* a, const Case* b) {
    return a->op != b->op ? a->op < b->op : bytes_of(*a) > bytes_of(*b);
  });
  return found;
}

Profile count(Backend& backend, const Case& test, std::string_view variant) {
  backend.watch()->count(true);
  run_cases(backend, {test}, {.dtype = DType::f32, .variant = std::string(variant)});
  backend.watch()->count(false);
  return {test.op, std::string(variant), test.name, flops_of(test),
          backend.watch()->take_counters()};
}

/// "1.2 M"
std::string scaled(double number) {
  constexpr std::string_view kUnits[] = {"", "k", "M", "G"};
  size_t unit = 0;
  for (; number >= 1000 && unit + 1 < std::size(kUnits); ++unit) number /= 1000;
  return fmt::format("{:.3g} {}", number, kUnits[unit]);
}

std::string heading(const Profile& profile) {
  uint64_t asked = 0, sectors = 0, barriers = 0;
  for (const LineCounters& line : profile.lines) {
    if (line.kind.starts_with("global")) asked += line.bytes;
    if (line.kind == "barrier") barriers += line.requests;
    sectors += line.sectors;
  }
  const double moved = kSectorBytes * static_cast<double>(sectors);
  std::string text =
      fmt::format("{} {}, case {}\n  ", tailor::name_of(profile.op), profile.variant, profile.name);
  if (profile.flops > 0) {
    text += fmt::format("{}FLOP, {:.2g} for each byte moved; ", scaled(profile.flops),
                        profile.flops / moved);
  }
  return text + fmt::format("global memory: {}B asked for, {}B moved in sectors; {} barriers\n",
                            scaled(static_cast<double>(asked)), scaled(moved), barriers);
}

std::string per_request(uint64_t count, const LineCounters& line) {
  if (count == 0) return "";
  return fmt::format("{:.3g}", static_cast<double>(count) / static_cast<double>(line.requests));
}

}  // namespace

std::vector<Profile> profile(const Options& options) {
  check_operation(options.op, "--profile");
  const auto backend = open_backend(options.device);
  if (backend->device() != "simt-tracked") {
    throw UsageError("--device: expected simt-tracked with --profile, got {}", options.device);
  }
  std::vector<Profile> profiles;
  std::set<std::pair<Op, std::string_view>> done;
  for (const Case* test : cases_of(options)) {
    for (const std::string_view variant : backend->variants(test->op, DType::f32)) {
      if (!selects(options, test->op, DType::f32, variant) || done.contains({test->op, variant})) {
        continue;
      }
      Profile one = count(*backend, *test, variant);
      if (one.lines.empty()) continue;  // not a case for this row
      done.emplace(test->op, variant);
      profiles.push_back(std::move(one));
    }
  }
  if (profiles.empty()) {
    throw UsageError("--variant: expected one that {} has, got {}", options.op, options.variant);
  }
  return profiles;
}

std::string to_table(const std::vector<Profile>& profiles) {
  std::string table;
  const auto line = [&](auto place, auto kind, auto requests, auto bytes, auto sectors, auto ideal,
                        auto wavefronts, auto divergent) {
    fmt::format_to(std::back_inserter(table),
                   "  {:<38} {:<13} {:>8} {:>6} {:>8} {:>6} {:>11} {:>10}\n", place, kind, requests,
                   bytes, sectors, ideal, wavefronts, divergent);
  };
  table +=
      "Per request of a warp: bytes asked for, 32-byte sectors moved, sectors they would fit "
      "in,\nwavefronts of shared memory (1: no bank conflict), requests without some lanes.\n";
  for (const Profile& one : profiles) {
    table += "\n" + heading(one);
    line("line", "kind", "requests", "bytes", "sectors", "ideal", "wavefronts", "divergent");
    std::string_view kernel;
    for (const LineCounters& l : one.lines) {
      if (l.kernel != kernel) table += fmt::format("  {}\n", l.kernel);
      kernel = l.kernel;
      line("  " + l.place, l.kind, l.requests, per_request(l.bytes, l), per_request(l.sectors, l),
           per_request(l.ideal_sectors, l), per_request(l.wavefronts, l),
           l.divergent == 0 ? ""
                            : fmt::format("{:.3g}%", 100.0 * static_cast<double>(l.divergent) /
                                                         static_cast<double>(l.requests)));
    }
  }
  return table;
}

}  // namespace tailor::verify
