#include "train/report.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <utility>

#include "io/variant_names.h"
#include "kernels/api/one_line.h"
#include "train/console.h"

namespace tailor::train {
namespace {

constexpr size_t kConfusionsShown = 5;

/// Columns a text takes on a terminal, taking each code point for one.
size_t columns_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string padded(const std::string& text, size_t columns) {
  const size_t taken = columns_of(text);
  return text + std::string(taken < columns ? columns - taken : 0, ' ');
}

std::string row(const std::string& name, size_t width, const std::string& photos,
                const std::string& recall, const std::string& precision, const std::string& f1) {
  return fmt::format("{}  {:>7}  {:>7}  {:>9}  {:>6}\n", padded(name, width), photos, recall,
                     precision, f1);
}

std::string class_table(const Metrics& metrics, const std::vector<std::string>& classes) {
  size_t width = 7;
  for (const std::string& name : classes) width = std::max(width, columns_of(name));
  std::string table = row("class", width, "photos", "recall", "precision", "F1");
  for (size_t i = 0; i < classes.size(); ++i) {
    const ClassMetrics& c = metrics.classes[i];
    if (c.support + c.predicted == 0) continue;
    table += row(classes[i], width, format_count(c.support), format_percent(c.recall),
                 format_percent(c.precision), format_percent(c.f1));
  }
  table += row("average", width, "", format_percent(metrics.macro_recall),
               format_percent(metrics.macro_precision), format_percent(metrics.macro_f1));
  return table;
}

std::string confusion_lines(const Metrics& metrics, const std::vector<std::string>& classes) {
  std::string lines;
  for (const Confusion& worst : worst_confusions(metrics, kConfusionsShown)) {
    lines += fmt::format("  {} of {} \"{}\" were taken for \"{}\"\n", worst.photos,
                         metrics.classes[worst.label].support, classes[worst.label],
                         classes[worst.answer]);
  }
  return lines.empty() ? "" : "\nMost frequent mistakes:\n" + lines;
}

}  // namespace

std::string describe(const Metrics& metrics, const std::vector<std::string>& names) {
  std::vector<std::string> classes;
  std::transform(names.begin(), names.end(), std::back_inserter(classes), one_line);
  return fmt::format(
      "{} of {} photos named rightly: accuracy {}\n\n{}\n"
      "recall: how many photos of a class were named so; precision: how many photos named so are\n"
      "of that class; F1: both in one figure (their harmonic mean).\n{}",
      format_count(metrics.correct), format_count(metrics.photos), format_percent(metrics.accuracy),
      class_table(metrics, classes), confusion_lines(metrics, classes));
}

nlohmann::json to_json(const Metrics& metrics, const std::vector<std::string>& classes) {
  nlohmann::json rows = nlohmann::json::array();
  for (size_t i = 0; i < classes.size(); ++i) {
    const ClassMetrics& c = metrics.classes[i];
    rows.push_back({{"name", classes[i]},
                    {"support", c.support},
                    {"predicted", c.predicted},
                    {"correct", c.correct},
                    {"precision", c.precision},
                    {"recall", c.recall},
                    {"f1", c.f1}});
  }
  return {{"photos", metrics.photos},
          {"correct", metrics.correct},
          {"accuracy", metrics.accuracy},
          {"loss", metrics.loss},
          {"macro",
           {{"precision", metrics.macro_precision},
            {"recall", metrics.macro_recall},
            {"f1", metrics.macro_f1}}},
          {"classes", rows},
          {"confusion", metrics.confusion}};
}

nlohmann::json to_json(const Calibration& calibration) {
  nlohmann::json bins = nlohmann::json::array();
  for (const CalibrationBin& bin : calibration.bins) {
    bins.push_back({{"from", bin.from},
                    {"to", bin.to},
                    {"photos", bin.photos},
                    {"confidence", bin.confidence},
                    {"accuracy", bin.accuracy}});
  }
  return {{"bins", bins},
          {"confidence", calibration.confidence},
          {"expected_error", calibration.expected_error}};
}

nlohmann::json to_json(const Epoch& epoch) {
  return {{"epoch", epoch.number},
          {"learning_rate", epoch.lr},
          {"train_loss", epoch.loss},
          {"train_accuracy", epoch.accuracy},
          {"validation_loss", epoch.validation.loss},
          {"validation_accuracy", epoch.validation.accuracy},
          {"validation_macro_f1", epoch.validation.macro_f1},
          {"best", epoch.is_best},
          {"seconds", epoch.seconds}};
}

nlohmann::json data_report(const std::filesystem::path& path, const io::Dataset& data,
                           const std::map<std::string, std::string>& skipped) {
  std::vector<std::pair<int64_t, int64_t>> counts(data.classes.size());  // to train on, to judge by
  for (const io::Sample& sample : data.train) ++counts[static_cast<size_t>(sample.label)].first;
  for (const io::Sample& sample : data.validation) {
    ++counts[static_cast<size_t>(sample.label)].second;
  }
  nlohmann::json classes = nlohmann::json::array();
  for (size_t i = 0; i < counts.size(); ++i) {
    classes.push_back(
        {{"name", data.classes[i]}, {"train", counts[i].first}, {"validation", counts[i].second}});
  }
  nlohmann::json left_out = nlohmann::json::array();
  for (const auto& [photo, reason] : skipped) {
    left_out.push_back({{"photo", photo}, {"reason", reason}});
  }
  return {{"path", path.string()},
          {"train", data.train.size()},
          {"validation", data.validation.size()},
          {"split_by_seed", data.split_by_seed},
          {"classes", classes},
          {"skipped", left_out}};
}

nlohmann::json network_report(const layers::Network& network, const Pretrained& start,
                              int image_size) {
  const Variant& variant = network.options().variant;
  return {{"model", network.name()},
          {"weights", start.source},
          {"layout", start.layout},
          {"image_size", image_size},
          {"variant",
           {{"stride_on", io::name_of(variant.stride_on)},
            {"conv_bias", variant.conv_bias},
            {"epsilon", variant.epsilon},
            {"pool_padding", variant.pool_padding},
            {"preprocessing", io::name_of(variant.preprocessing)}}}};
}

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

}  // namespace tailor::train
