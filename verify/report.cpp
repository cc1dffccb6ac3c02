#include "verify/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace tailor::verify {
namespace {

std::string_view direction_of(const Result& result) {
  return result.backward ? "backward" : "forward";
}

}  // namespace

Summary summary_of(const std::vector<Result>& results) {
  Summary summary;
  for (const Result& result : results) {
    int& count = result.status == Status::pass   ? summary.pass
                 : result.status == Status::fail ? summary.fail
                                                 : summary.unsupported;
    ++count;
  }
  return summary;
}

std::string to_table(const std::vector<Result>& results) {
  size_t name_width = 4, variant_width = 7;
  for (const Result& result : results) {
    name_width = std::max(name_width, result.name.size());
    variant_width = std::max(variant_width, result.variant.size());
  }
  std::string table;
  const auto line = [&](auto op, auto direction, auto device, auto dtype, auto variant, auto name,
                        auto status, auto error, auto bound) {
    fmt::format_to(std::back_inserter(table),
                   "{:<26} {:<9} {:<12} {:<5} {:<{}} {:<{}} {:<11} {:>9} {:>9}\n", op, direction,
                   device, dtype, variant, variant_width, name, name_width, status, error, bound);
  };
  line("operation", "direction", "device", "dtype", "variant", "case", "status", "error", "bound");
  for (const Result& r : results) {
    const bool judged = r.status != Status::unsupported;
    line(tailor::name_of(r.op), direction_of(r), r.device, tailor::name_of(r.dtype), r.variant,
         r.name, name_of(r.status), judged ? fmt::format("{:.2g}", r.error) : "",
         judged ? fmt::format("{:.2g}", r.bound) : "");
    for (const std::string& message : r.messages) table += "    " + message + "\n";
  }
  const Summary summary = summary_of(results);
  return table + fmt::format("{} passed, {} failed, {} unsupported\n", summary.pass, summary.fail,
                             summary.unsupported);
}

void write_text(const std::string& text, const std::filesystem::path& path) {
  errno = 0;
  std::ofstream file(path);
  file << text << '\n';
  file.close();
  if (!file) {
    throw Error("--json {}: expected a file that can be written, got {}", path.string(),
                errno == 0 ? "an error" : std::generic_category().message(errno));
  }
}

void write_json(const std::vector<Result>& results, const std::filesystem::path& path) {
  nlohmann::ordered_json list = nlohmann::json::array();
  for (const Result& r : results) {
    list.push_back({{"op", tailor::name_of(r.op)},
                    {"direction", direction_of(r)},
                    {"device", r.device},
                    {"dtype", tailor::name_of(r.dtype)},
                    {"variant", r.variant},
                    {"case", r.name},
                    {"status", name_of(r.status)},
                    {"error", r.error},
                    {"bound", r.bound}});
  }
  const Summary summary = summary_of(results);
  const nlohmann::ordered_json whole = {
      {"results", list},
      {"summary",
       {{"pass", summary.pass}, {"fail", summary.fail}, {"unsupported", summary.unsupported}}}};
  write_text(whole.dump(1), path);
}

}  // namespace tailor::verify
