#include "verify/planted.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "kernels/api/plugin.h"
#include "verify/report.h"

namespace tailor::verify {
namespace {

constexpr std::string_view kOutOfBounds = "out of bounds";
constexpr std::string_view kUninitialised = "uninitialised";
constexpr std::string_view kMisaligned = "misaligned";
constexpr std::string_view kRace = "race";
constexpr std::string_view kBarrier = "barrier";
constexpr std::string_view kLaneMask = "lane mask";
constexpr std::string_view kNumbers = "wrong numbers";
constexpr std::string_view kInputChanged = "input changed";
constexpr std::string_view kOrder = "thread order";
constexpr std::string_view kError = "error";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

std::string kind_of(std::string_view message) {
  for (const std::string_view order : {"descending threads: ", "shuffled threads: "}) {
    if (message.starts_with(order)) message.remove_prefix(order.size());
  }
  const std::string_view start = message.substr(0, message.find(": "));
  if (message.starts_with("threw ") || message.starts_with("expected the error ")) {
    return std::string(kError);
  }
  const std::string_view rest = message.substr(std::min(message.size(), start.size() + 2));
  if (rest == "an input was changed") return std::string(kInputChanged);
  if (rest.starts_with("written to ")) return "written outside";
  if (rest.starts_with("not what it is with ")) return std::string(kOrder);
  if (rest.starts_with("expected ") && contains(rest, " is allowed")) return std::string(kNumbers);
  if (rest.starts_with("and ") && rest.ends_with(" more")) return std::string(kNumbers);
  return std::string(start);
}

const std::vector<Bug>& planted_bugs() {
  static const std::vector<Bug> bugs = {
      // memory.cu
      {"read_past_end", Op::activation, kOutOfBounds},
      {"write_past_end", Op::uniform, kOutOfBounds},
      {"window_not_clipped", Op::avg_pool2d, kOutOfBounds},
      {"released_workspace", Op::sum_to_channels, kOutOfBounds},
      {"workspace_too_small", Op::sum_to_channels, kOutOfBounds},
      {"host_pointer", Op::sum_to_channels, kOutOfBounds},
      {"shared_read_past_end", Op::sum_to_channels, kOutOfBounds},
      {"shared_write_past_end", Op::sum_to_channels, kOutOfBounds},
      {"shared_into_neighbour", Op::sum_to_channels, kOutOfBounds},
      {"shared_row_overrun", Op::sum_to_channels, kOutOfBounds},
      {"too_much_shared", Op::sum_to_channels, kError},
      {"dynamic_shared_too_small", Op::sum_to_channels, kOutOfBounds},
      {"shared_uninitialised", Op::sum_to_channels, kUninitialised},
      {"output_accumulated", Op::sum_to_channels, kUninitialised},
      {"counter_not_zeroed", Op::sum_to_channels, kUninitialised},
      {"misaligned_vector", Op::sum_to_channels, kMisaligned},
      {"input_changed", Op::softmax, kInputChanged},
      // races.cu
      {"missing_barrier", Op::sum_to_channels, kRace},
      {"missing_barrier_before_reuse", Op::sum_to_channels, kRace},
      {"warps_add_without_atomic", Op::sum_to_channels, kRace},
      {"ties_write_alike", Op::argmax, kRace},
      {"last_thread_without_barrier", Op::sum_to_channels, kRace},
      {"workspace_without_barrier", Op::sum_to_channels, kRace},
      {"missing_syncwarp", Op::sum_to_channels, kRace},
      {"syncwarp_for_the_block", Op::sum_to_channels, kRace},
      {"shuffle_for_syncwarp", Op::sum_to_channels, kRace},
      {"blocks_add_without_atomic", Op::sum_to_channels, kRace},
      {"missing_fence", Op::sum_to_channels, kRace},
      // copies.cu
      {"copy_not_waited_for", Op::sum_to_channels, kRace},
      {"copy_not_committed", Op::sum_to_channels, kRace},
      {"copies_of_others", Op::sum_to_channels, kRace},
      {"copy_into_tile_in_use", Op::sum_to_channels, kRace},
      {"copy_of_another_group", Op::sum_to_channels, kRace},
      // barriers.cu
      {"barrier_in_branch", Op::sum_to_channels, kBarrier},
      {"return_before_barrier", Op::sum_to_channels, kBarrier},
      {"barrier_in_uneven_loop", Op::sum_to_channels, kBarrier},
      {"barrier_in_each_branch", Op::sum_to_channels, kBarrier},
      {"barrier_for_one_warp", Op::sum_to_channels, kBarrier},
      // warps.cu
      {"shuffle_in_branch", Op::sum_to_channels, kLaneMask},
      {"shuffle_after_return", Op::sum_to_channels, kLaneMask},
      {"shuffle_from_outside_mask", Op::sum_to_channels, kLaneMask},
      {"lane_outside_its_mask", Op::sum_to_channels, kLaneMask},
      {"masks_differ", Op::sum_to_channels, kLaneMask},
      {"vote_in_branch", Op::sum_to_channels, kLaneMask},
      {"syncwarp_in_branch", Op::sum_to_channels, kLaneMask},
      // order.cu
      {"float_atomic", Op::sum_to_channels, kOrder},
      {"first_come", Op::argmax, kOrder},
      // layout.cu
      {"stride_ignored", Op::conv2d, kNumbers},
      {"strides_swapped", Op::conv2d, kNumbers},
      {"padding_ignored", Op::conv2d, kNumbers},
      {"dilation_ignored", Op::conv2d, kNumbers},
      {"first_row_left_out", Op::conv2d, kNumbers},
      {"last_column_left_out", Op::conv2d, kNumbers},
      {"filter_axes_swapped", Op::conv2d, kNumbers},
      {"groups_ignored", Op::conv2d, kNumbers},
      {"padding_always_counted", Op::avg_pool2d, kNumbers},
      {"last_term_left_out", Op::matmul, kNumbers},
      {"transposition_forgotten", Op::matmul, kNumbers},
      {"batch_forgotten", Op::matmul, kNumbers},
      {"added_along_the_wrong_axis", Op::add, kNumbers},
      {"tail_dropped", Op::activation, kNumbers},
      {"blocks_rounded_down", Op::activation, kNumbers},
      {"overlap_overwritten", Op::max_pool2d_backward, kNumbers},
      // numbers.cu
      {"sum_in_bf16", Op::sum_to_channels, kNumbers},
      {"index_in_8_bits", Op::sum_to_channels, kNumbers},
      {"cast_wraps_around", Op::cast, kNumbers},
      {"cast_cuts_off", Op::cast, kNumbers},
      {"mean_by_wrong_count", Op::global_avg_pool, kNumbers},
      {"softmax_without_maximum", Op::softmax, kNumbers},
      {"logarithm_of_softmax", Op::log_softmax, kNumbers},
      {"running_variance_biased", Op::batch_norm, kNumbers},
      {"unbiased_variance_used", Op::batch_norm, kNumbers},
      {"momentum_swapped", Op::batch_norm, kNumbers},
      {"variance_in_one_pass", Op::batch_norm, kNumbers},
      {"mean_moved_into_variance", Op::batch_norm, kNumbers},
      {"missing_epsilon", Op::batch_norm_frozen, kNumbers},
      {"gradient_at_zero", Op::activation_backward, kNumbers},
      {"relu_drops_nan", Op::activation, kNumbers},
      {"last_of_ties", Op::argmax, kNumbers},
      {"nan_ignored", Op::argmax, kNumbers},
      {"starts_from_zero", Op::argmax, kNumbers},
      // training.cu
      {"dropout_not_scaled", Op::dropout, kNumbers},
      {"mask_forgotten", Op::dropout_backward, kNumbers},
      {"smoothing_forgotten", Op::cross_entropy_backward, kNumbers},
      {"divided_by_rows", Op::cross_entropy_backward, kNumbers},
      {"weight_of_label_only", Op::cross_entropy_backward, kNumbers},
      {"mean_taken_for_constant", Op::batch_norm_backward, kNumbers},
      {"nesterov_forgotten", Op::sgd, kNumbers},
      {"first_step_like_others", Op::sgd, kNumbers},
      {"decay_of_the_buffer", Op::sgd, kNumbers},
      {"decay_coupled", Op::adam, kNumbers},
      {"correction_a_step_behind", Op::adam, kNumbers},
      {"epsilon_in_the_root", Op::adam, kNumbers},
  };
  return bugs;
}

Verdict look_for(const Bug& bug, Backend& backend) {
  Verdict verdict{.bug = bug};
  const Options options{.op = std::string(tailor::name_of(bug.op)),
                        .variant = std::string(bug.name),
                        .every_order = bug.expected == kOrder};
  for (const Case& test : cases()) {
    if (test.op != bug.op) continue;
    for (const Result& result : run_cases(backend, {test}, options)) {
      for (const std::string& message : result.messages) {
        const std::string kind = kind_of(message);
        if (std::find(verdict.found.begin(), verdict.found.end(), kind) == verdict.found.end()) {
          verdict.found.push_back(kind);
        }
        const bool expected = kind == bug.expected && !verdict.caught;
        if (expected || verdict.message.empty()) {
          verdict.message = fmt::format("case {}: {}", result.name, message);
        }
        verdict.caught = verdict.caught || expected;
      }
    }
    if (verdict.caught) break;
  }
  return verdict;
}

std::vector<Verdict> look_for_planted(std::string_view device) {
  if (device != "simt-tracked") {
    throw UsageError("--device: expected simt-tracked with --planted, got {}", device);
  }
  const auto backend = open_plugin(plugin_file("simt-tracked-planted"), {});
  std::vector<Verdict> verdicts;
  for (const Bug& bug : planted_bugs()) verdicts.push_back(look_for(bug, *backend));
  return verdicts;
}

std::string to_table(const std::vector<Verdict>& verdicts) {
  std::string table;
  size_t caught = 0;
  const auto line = [&](auto bug, auto op, auto expected, auto found, auto status) {
    fmt::format_to(std::back_inserter(table), "{:<30} {:<24} {:<15} {:<9} {}\n", bug, op, expected,
                   status, found);
  };
  line("bug", "operation", "expected", "found", "caught");
  for (const Verdict& verdict : verdicts) {
    line(verdict.bug.name, tailor::name_of(verdict.bug.op), verdict.bug.expected,
         fmt::format("{}", fmt::join(verdict.found, ", ")), verdict.caught ? "yes" : "NO");
    if (!verdict.message.empty()) table += "    " + verdict.message + "\n";
    if (verdict.caught) ++caught;
  }
  return table + fmt::format("{} of {} bugs caught\n", caught, verdicts.size());
}

void write_json(const std::vector<Verdict>& verdicts, const std::filesystem::path& path) {
  nlohmann::ordered_json bugs = nlohmann::json::array();
  for (const Verdict& verdict : verdicts) {
    bugs.push_back({{"name", verdict.bug.name},
                    {"expected", verdict.bug.expected},
                    {"found", fmt::format("{}", fmt::join(verdict.found, ", "))},
                    {"caught", verdict.caught}});
  }
  write_text(nlohmann::ordered_json{{"bugs", bugs}}.dump(1), path);
}

}  // namespace tailor::verify
