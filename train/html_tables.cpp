#include "train/html_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "train/charts.h"
#include "train/console.h"
#include "train/html.h"
#include "train/metrics.h"
#include "train/run_folder.h"

namespace tailor::train {
namespace {

using nlohmann::json;

constexpr size_t kClassesWithNumbers = 30;  ///< in a confusion matrix
constexpr size_t kClassesSideways = 5;      ///< from so many on, names above columns stand upright
constexpr size_t kMistakesShown = 10;
constexpr size_t kSkippedShown = 50;

std::string table(const std::string& caption, const std::string& head, const std::string& body,
                  const std::string& foot = "") {
  return fmt::format(
      "<div class=\"wide\" "
      "tabindex=\"0\"><table>\n<caption>{}</caption>\n<thead><tr>{}</tr></thead>\n"
      "<tbody>\n{}</tbody>\n{}</table></div>\n",
      caption, head, body, foot.empty() ? "" : "<tfoot>" + foot + "</tfoot>\n");
}

std::string head(const std::string& words) { return "<th scope=\"col\">" + words + "</th>"; }
std::string row_head(const json& name) {
  return "<th scope=\"row\">" + escaped(name.get<std::string>()) + "</th>";
}
std::string cell(const std::string& words) { return "<td>" + words + "</td>"; }
std::string count(const json& number) { return cell(format_count(number)); }
std::string percent(const json& share) { return cell(format_percent(share)); }
/// With a bar beside the number.
std::string bar(const json& share) {
  return fmt::format("<td class=\"share\" style=\"--s:{:.3f}\">{}</td>", share.get<double>(),
                     format_percent(share));
}
std::string row(const std::string& cells) { return "<tr>" + cells + "</tr>\n"; }

std::vector<std::string> names_of(const json& validation) {
  std::vector<std::string> names;
  for (const json& one : validation["classes"]) names.push_back(one["name"]);
  return names;
}

/// A row of the matrix; `of_class` photos are of its class.
std::string matrix_row(const std::vector<std::string>& names, size_t label, const json& photos,
                       int64_t of_class) {
  std::string cells = row_head(names[label]);
  for (size_t answer = 0; answer < names.size(); ++answer) {
    const int64_t n = photos[answer];
    if (n == 0) {
      cells += label == answer ? "<td class=\"hit\" style=\"--s:0\">0</td>" : "<td></td>";
      continue;
    }
    cells += fmt::format(
        "<td class=\"{}\" style=\"--s:{:.2f}\" title=\"{}\">{}</td>",
        label == answer ? "hit" : "miss", static_cast<double>(n) / static_cast<double>(of_class),
        escaped(fmt::format("{} of {} {}: {}", n, of_class, names[label], names[answer])),
        format_count(n));
  }
  return row(cells);
}

std::string value_of(const json& value) {
  if (value.is_string()) return escaped(value.get<std::string>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) return fmt::format("{:g}", value.get<double>());
  return escaped(to_text(value));
}

}  // namespace

std::string epoch_table(const json& epochs) {
  std::string body;
  for (const json& epoch : epochs) {
    body += row(fmt::format("<th scope=\"row\">{}{}</th>", epoch["epoch"].get<int>(),
                            epoch["best"].get<bool>() ? " (best so far)" : "") +
                cell(fmt::format("{:.4f}", epoch["train_loss"].get<double>())) +
                percent(epoch["train_accuracy"]) +
                cell(fmt::format("{:.4f}", epoch["validation_loss"].get<double>())) +
                percent(epoch["validation_accuracy"]) +
                cell(fmt::format("{:g}", epoch["learning_rate"].get<double>())) +
                cell(format_duration(epoch["seconds"])));
  }
  return table("Figures of every epoch",
               "<th scope=\"col\" class=\"left\">epoch</th>" + head("loss, training") +
                   head("right, training") + head("loss, judging") + head("right, judging") +
                   head("learning rate") + head("time"),
               body);
}

std::string class_table(const json& validation) {
  std::string body;
  for (const json& one : validation["classes"]) {
    if (one["support"].get<int64_t>() + one["predicted"].get<int64_t>() == 0) continue;
    body += row(row_head(one["name"]) + count(one["support"]) + bar(one["recall"]) +
                bar(one["precision"]) + bar(one["f1"]));
  }
  const json& macro = validation["macro"];
  return table("Photos judged, class by class",
               "<th scope=\"col\" class=\"left\">class</th>" + head("photos") + head("recall") +
                   head("precision") + head("F1"),
               body,
               row("<th scope=\"row\" class=\"left\">average</th>" + count(validation["photos"]) +
                   bar(macro["recall"]) + bar(macro["precision"]) + bar(macro["f1"])));
}

std::string confusion_matrix(const json& validation) {
  const std::vector<std::string> names = names_of(validation);
  const json& confusion = validation["confusion"];
  if (names.size() > kClassesWithNumbers) {
    return fmt::format(
        "<figure>{}<figcaption>A row for each class, a column for each answer, both in the order "
        "of "
        "the table above; the fuller a square, the greater its share of the "
        "row.</figcaption></figure>"
        "\n",
        draw_confusion(confusion, names));
  }
  std::string heads = "<td></td>";
  for (const std::string& name : names) heads += head("<span>" + escaped(name) + "</span>");
  std::string body;
  for (size_t label = 0; label < names.size(); ++label) {
    body += matrix_row(names, label, confusion[label], validation["classes"][label]["support"]);
  }
  return fmt::format(
      "<p class=\"soft\">Rows: what photos are. Columns: what they were taken for. Blue: right "
      "answers, orange: mistakes, the stronger the more of the row.</p>\n<div class=\"wide{}\" "
      "tabindex=\"0\"><table class=\"matrix\" aria-label=\"Confusion matrix\">\n<thead><tr>{}"
      "</tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
      names.size() < kClassesSideways ? " few" : "", heads, body);
}

std::string mistake_table(const json& validation) {
  Metrics metrics;
  metrics.confusion = validation["confusion"];
  const std::vector<std::string> names = names_of(validation);
  std::string body;
  for (const Confusion& worst : worst_confusions(metrics, kMistakesShown)) {
    const int64_t of_class = validation["classes"][worst.label]["support"];
    body +=
        row(row_head(names[worst.label]) + "<td class=\"left\">" + escaped(names[worst.answer]) +
            "</td>" + cell(fmt::format("{} of {}", worst.photos, of_class)) +
            bar(static_cast<double>(worst.photos) / static_cast<double>(of_class)));
  }
  if (body.empty()) return "";
  return table(
      "The most frequent mistakes",
      "<th scope=\"col\" class=\"left\">class</th><th scope=\"col\" class=\"left\">was taken "
      "for</th>" +
          head("photos") + head("share"),
      body);
}

std::string calibration_table(const json& calibration) {
  std::string body;
  for (const json& bin : calibration["bins"]) {
    if (bin["photos"].get<int64_t>() == 0) continue;
    body += row(fmt::format("<th scope=\"row\">{:.0f} to {:.0f}%</th>",
                            100 * bin["from"].get<double>(), 100 * bin["to"].get<double>()) +
                count(bin["photos"]) + percent(bin["confidence"]) + percent(bin["accuracy"]));
  }
  return table("Answers by how sure they were",
               "<th scope=\"col\" class=\"left\">how sure</th>" + head("photos") + head("average") +
                   head("right"),
               body);
}

std::string data_table(const json& data) {
  std::string body;
  for (const json& one : data["classes"]) {
    body += row(row_head(one["name"]) + count(one["train"]) + count(one["validation"]));
  }
  return table(
      "Photos of each class",
      "<th scope=\"col\" class=\"left\">class</th>" + head("to train on") + head("to judge by"),
      body,
      row("<th scope=\"row\" class=\"left\">all</th>" + count(data["train"]) +
          count(data["validation"])));
}

std::string skipped_table(const json& data) {
  const json& skipped = data["skipped"];
  if (skipped.empty()) return "";
  std::string body;
  for (size_t i = 0; i < std::min(skipped.size(), kSkippedShown); ++i) {
    body += row(row_head(skipped[i]["photo"]) + "<td class=\"left\">" +
                escaped(skipped[i]["reason"].get<std::string>()) + "</td>");
  }
  const std::string rest =
      skipped.size() > kSkippedShown
          ? fmt::format("<p>And {} more, which report.json lists.</p>\n",
                        format_count(static_cast<int64_t>(skipped.size() - kSkippedShown)))
          : "";
  return table("Photos that could not be read and were left out",
               "<th scope=\"col\" class=\"left\">photo</th><th scope=\"col\" "
               "class=\"left\">reason</th>",
               body) +
         rest;
}

std::string value_list(const json& values) {
  std::string list;
  for (const auto& [key, value] : values.items()) {
    if (value.is_null() || value.is_structured() || value == json("")) continue;
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', ' ');
    list += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(name), value_of(value));
  }
  return "<dl>\n" + list + "</dl>\n";
}

}  // namespace tailor::train
