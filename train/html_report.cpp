#include "train/html_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "train/charts.h"
#include "train/console.h"
#include "train/html.h"
#include "train/html_tables.h"
#include "train/metrics.h"
#include "train/report_style.h"
#include "train/run_folder.h"

namespace tailor::train {
namespace {

using nlohmann::json;

std::string text(const json& words) { return escaped(words.get<std::string>()); }
std::string quoted(const json& name) { return "“" + text(name) + "”"; }
std::string item(const std::string& html) { return "<li>" + html + "</li>\n"; }

std::string section(const char* id, const char* title, const std::string& html) {
  return fmt::format(
      "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}"
      "</h2>\n{2}</section>\n",
      id, title, html);
}

std::string data_name(const json& report) {
  std::filesystem::path path = report["data"]["path"].get<std::string>();
  if (path.filename().empty()) path = path.parent_path();
  return path.filename().empty() ? "photos" : path.filename().string();
}

// --- in short ---

std::string baseline(const json& validation) {
  const auto& classes = validation["classes"];
  const json& most =
      *std::max_element(classes.begin(), classes.end(),
                        [](const json& a, const json& b) { return a["support"] < b["support"]; });
  return fmt::format(
      "Always giving the same answer would be right for {} at best ({}).",
      format_percent(most["support"].get<double>() / validation["photos"].get<double>()),
      quoted(most["name"]));
}

std::string best_and_worst(const json& validation) {
  std::vector<json> classes;
  for (const json& one : validation["classes"]) {
    if (one["support"].get<int64_t>() > 0) classes.push_back(one);
  }
  const auto [worst, best] =
      std::minmax_element(classes.begin(), classes.end(),
                          [](const json& a, const json& b) { return a["f1"] < b["f1"]; });
  if ((*worst)["f1"] == (*best)["f1"]) return "It knows all classes equally well.";
  return fmt::format("It knows {} best (F1 {}) and {} worst (F1 {}).", quoted((*best)["name"]),
                     format_percent((*best)["f1"]), quoted((*worst)["name"]),
                     format_percent((*worst)["f1"]));
}

std::string worst_mistake(const json& validation) {
  Metrics metrics;
  metrics.confusion = validation["confusion"];
  const std::vector<Confusion> worst = worst_confusions(metrics, 1);
  if (worst.empty()) return "It made no mistake.";
  const json& classes = validation["classes"];
  const json& label = classes[worst[0].label];
  return fmt::format("Its most frequent mistake: {} of {} {} were taken for {}.", worst[0].photos,
                     label["support"].get<int64_t>(), quoted(label["name"]),
                     quoted(classes[worst[0].answer]["name"]));
}

std::string when_sure(const json& calibration, const json& photos) {
  const json& bin = calibration["bins"].back();
  if (bin["photos"] == 0) return "It was never more than 90% sure of an answer.";
  return fmt::format(
      "Of {} of the {} photos it was more than 90% sure; {} of those answers were right.",
      format_count(bin["photos"]), format_count(photos), format_percent(bin["accuracy"]));
}

std::string in_short(const json& report) {
  const json& validation = report["validation"];
  std::string list =
      item(fmt::format("{} of {} photos were named rightly. It learnt from none of "
                       "them.",
                       format_count(validation["correct"]), format_count(validation["photos"]))) +
      item(baseline(validation)) + item(best_and_worst(validation)) +
      item(worst_mistake(validation));
  if (report.contains("calibration")) {
    list += item(when_sure(report["calibration"], validation["photos"]));
  }
  return section(
      "short", "In short",
      fmt::format("<div class=\"short\"><div><div class=\"great\">{}</div>"
                  "<div class=\"soft\">of answers were right</div></div>\n<ul>\n{}</ul></div>\n",
                  format_percent(validation["accuracy"]), list));
}

// --- learning ---

CurveChart curves(const json& report, const std::string& title, const std::string& figure,
                  bool percent) {
  CurveChart chart{
      title, {{"training", "training", {}}, {"judging", "validation", {}}}, percent, 0};
  for (const json& epoch : report["epochs"]) {
    chart.curves[0].at.push_back(epoch["train_" + figure]);
    chart.curves[1].at.push_back(epoch["validation_" + figure]);
  }
  if (!report["best_epoch"].is_null()) chart.marked = report["best_epoch"];
  return chart;
}

std::string learning(const json& report) {
  const auto figure = [&](const char* title, const char* name, bool percent) {
    return fmt::format("<figure><h3>{}</h3>\n{}</figure>\n", title,
                       draw(curves(report, title, name, percent)));
  };
  return section(
      "learning", "How it learnt",
      fmt::format(
          "<p>An epoch is one pass through all photos to train on. After each, the photos to judge "
          "by "
          "were named. Epoch {} was the best of {}, by right answers, then by loss; model.h5 is "
          "the "
          "network of that epoch.</p>\n<p class=\"legend\"><span><i class=\"training\"></i>training"
          "</span> <span><i class=\"validation\"></i>judging</span> <span><i "
          "class=\"best\"></i>the "
          "best epoch</span></p>\n<div class=\"charts\">\n{}{}</div>\n<p class=\"soft\">Loss is "
          "the "
          "mean surprise at the right answer (cross-entropy); 0 is perfect. Where training gets "
          "better and judging does not, the network learns its photos by heart: more photos or "
          "fewer epochs help.</p>\n<details><summary>Figures of every "
          "epoch</summary>\n{}</details>\n",
          report["best_epoch"].get<int>(), report["epochs"].size(),
          figure("Right answers", "accuracy", true), figure("Loss", "loss", false),
          epoch_table(report["epochs"])));
}

// --- classes ---

std::string classes(const json& validation) {
  return section(
      "classes", "Class by class",
      class_table(validation) +
          "<p class=\"soft\">Recall: how many photos of a class were named so. Precision: "
          "how many photos named so are of that class. F1: both in one figure (their "
          "harmonic mean). The average counts every class alike.</p>\n");
}

std::string confusions(const json& validation) {
  return section("confusion", "What was taken for what",
                 confusion_matrix(validation) + mistake_table(validation));
}

// --- certainty ---

std::string certainty(const json& report) {
  const json& calibration = report["calibration"];
  const double sure = calibration["confidence"], right = report["validation"]["accuracy"];
  const char* verdict = std::abs(sure - right) < 0.02 ? "that fits well"
                        : sure > right                ? "it is too sure of itself"
                                                      : "it is less sure than it could be";
  return section(
      "certainty", "How far to trust its percentages",
      fmt::format(
          "<p>On average it was {} sure of its answers, and {} were right: {}. The expected "
          "calibration error is {}.</p>\n<div class=\"charts\"><figure>\n{}<figcaption>Bars: how "
          "many "
          "answers were right. Dashed: how many would be if its percentages were true. A bar below "
          "the line is overconfidence.</figcaption></figure>\n{}</div>\n<p class=\"soft\">Answers "
          "are "
          "sorted into ten groups by their probability. The expected calibration error is the mean "
          "distance between how sure a group was and how often it was right, each group weighing "
          "as "
          "much as it has photos (Guo et al. 2017). Groups of few photos say little.</p>\n",
          format_percent(sure), format_percent(right), verdict,
          format_percent(calibration["expected_error"]), draw_reliability(calibration["bins"]),
          calibration_table(calibration)));
}

// --- photos ---

std::string photo_figure(const json& about, const ShownPhoto& photo, bool mistake) {
  const std::string words =
      mistake ? fmt::format("<b>{}</b> taken for <b>{}</b>, {} sure", text(about["class"]),
                            text(about["answer"]), format_percent(about["probability"]))
              : fmt::format("<b>{}</b>, {} sure", text(about["class"]),
                            format_percent(about["probability"]));
  return fmt::format(
      "<figure><div class=\"pair\"><img src=\"{}\" alt=\"Photo of class {}\" loading=\"lazy\">"
      "<img src=\"{}\" alt=\"The same with what spoke for {} highlighted\" loading=\"lazy\"></div>"
      "<figcaption>{}<br><span>{}</span></figcaption></figure>\n",
      data_uri(photo.picture), text(about["class"]), data_uri(photo.heat_map),
      text(about["answer"]), words, text(about["photo"]));
}

std::string photo_list(const char* title, const json& about, const std::vector<ShownPhoto>& photos,
                       bool mistakes) {
  if (photos.empty()) return "";
  std::string figures;
  for (size_t i = 0; i < photos.size(); ++i) {
    figures += photo_figure(about[i], photos[i], mistakes);
  }
  return fmt::format("<h3>{}</h3>\n<div class=\"photos\">\n{}</div>\n", title, figures);
}

std::string photos(const json& examples, const Showcase& showcase) {
  if (showcase.mistakes.empty() && showcase.unsure.empty()) return "";
  return section(
      "photos", "Photos worth a look",
      "<p>Each as the network saw it, and beside it where it saw what it answered: "
      "<span class=\"heat\" role=\"img\" aria-label=\"from dark to bright\"></span> from nothing "
      "to "
      "most. A wrong label in your data shows up here first.</p>\n" +
          photo_list("The surest of its mistakes", examples["mistakes"], showcase.mistakes, true) +
          photo_list("The least sure of its right answers", examples["unsure"], showcase.unsure,
                     false) +
          "<p class=\"soft\">The heat maps are Grad-CAM (Selvaraju et al. 2017) of the answer, a "
          "class each, made bright where the last map of the network with places in it spoke for "
          "that class.</p>\n");
}

// --- data and making ---

std::string data(const json& data) {
  const char* split =
      data["split_by_seed"].get<bool>()
          ? "<p>The photos to judge by are a fifth of every class, drawn by the seed.</p>\n"
          : "";
  return section("data", "The photos", split + data_table(data) + skipped_table(data));
}

std::string making(const json& report) {
  json training = report["training"];
  for (const char* told : {"command", "data", "device", "image_size", "model", "weights"}) {
    training.erase(told);
  }
  const json about = {
      {"tailor", report["tailor"]}, {"device", report["device"]}, {"finished", report["finished"]}};
  return section("making", "How it was made",
                 fmt::format("<p>The command:</p>\n<pre><code>{}</code></pre>\n<h3>Program</h3>\n{}"
                             "<h3>Network</h3>\n{}<h3>Training</h3>\n{}",
                             text(report["command"]), value_list(about),
                             value_list(report["network"]), value_list(training)));
}

std::string parts(const json& report, const Showcase& showcase) {
  std::string html;
  if (!report["validation"].is_null()) {
    html += in_short(report);
    if (!report["epochs"].empty()) html += learning(report);
    html += classes(report["validation"]) + confusions(report["validation"]);
  }
  if (report.contains("calibration")) html += certainty(report);
  if (report.contains("examples")) html += photos(report["examples"], showcase);
  return html + data(report["data"]) + making(report);
}

/// Links to the sections that there are.
std::string contents(const std::string& html) {
  constexpr std::pair<const char*, const char*> kLinks[] = {
      {"learning", "Learning"},   {"classes", "Classes"}, {"confusion", "Confusion"},
      {"certainty", "Certainty"}, {"photos", "Photos"},   {"data", "Data"},
      {"making", "Making"}};
  std::string links;
  for (const auto& [id, name] : kLinks) {
    if (html.find(fmt::format("<section id=\"{}\"", id)) == std::string::npos) continue;
    links += fmt::format("<a href=\"#{}\">{}</a>\n", id, name);
  }
  return "<nav aria-label=\"Contents\">\n" + links + "</nav>\n";
}

/// Paths below the data's folder lose it: it is the same for all.
void shorten(json& photos, const std::string& folder) {
  const std::string prefix = folder.ends_with("/") ? folder : folder + "/";
  for (json& about : photos) {
    const std::string path = about["photo"];
    if (path.starts_with(prefix)) about["photo"] = path.substr(prefix.size());
  }
}

}  // namespace

std::string html_report(const json& any_report, const Showcase& showcase) {
  json report = json::parse(to_text(any_report));  // names of files may be no UTF-8
  shorten(report["data"]["skipped"], report["data"]["path"]);
  if (report.contains("examples")) {
    for (json& photos : report["examples"]) shorten(photos, report["data"]["path"]);
  }
  const std::string title = "Report: " + escaped(data_name(report));
  const json& data = report["data"];
  const std::string body = parts(report, showcase);
  const char* notice =
      report["stopped"].get<bool>()
          ? "<p class=\"notice\">This run was stopped before its end; the report holds what there "
            "was until then.</p>\n"
          : "";
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<header>\n<h1>{0}</h1>\n"
      "<p class=\"soft\">{2}, fine-tuned on {3} photos of {4} classes and judged by {5} "
      "others, {9}.</p>\n"
      "{6}{7}</header>\n<main>\n{8}</main>\n</body>\n</html>\n",
      title, kReportStyle, text(report["network"]["model"]), format_count(data["train"]),
      data["classes"].size(), format_count(data["validation"]), notice, contents(body), body,
      text(report["finished"]).substr(0, 10));
}

}  // namespace tailor::train
