#include "apps/predict_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "io/csv.h"
#include "kernels/api/one_line.h"
#include "train/console.h"
#include "train/metrics.h"
#include "train/run_folder.h"

namespace tailor::apps {

std::vector<Answer> best_answers(std::span<const float> logits, size_t count) {
  const std::vector<double> probabilities = train::probabilities(logits);
  std::vector<size_t> order(logits.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return logits[a] > logits[b]; });
  order.resize(count == 0 ? order.size() : std::min(count, order.size()));
  std::vector<Answer> answers;
  answers.reserve(order.size());
  for (const size_t i : order) answers.push_back({i, probabilities[i], logits[i]});
  return answers;
}

std::string json_line(const Named& photo, const std::vector<std::string>& classes) {
  nlohmann::json line = {{"path", photo.path}};
  if (!photo.error.empty()) {
    line["error"] = photo.error;
    return train::to_text(line) + "\n";
  }
  nlohmann::json predictions = nlohmann::json::array();
  for (const Answer& answer : photo.answers) {
    predictions.push_back({{"index", answer.index},
                           {"name", classes[answer.index]},
                           {"probability", answer.probability},
                           {"logit", answer.logit}});
  }
  line["predictions"] = predictions;
  if (!photo.heat_map.empty()) line["heatmap"] = photo.heat_map;
  return train::to_text(line) + "\n";
}

std::string table_line(const Named& photo, const std::vector<std::string>& classes, size_t width) {
  std::string line = fmt::format("{:{}} ", photo.path, width);
  if (!photo.error.empty()) return one_line(line + " error: " + photo.error) + "\n";
  for (const Answer& answer : photo.answers) {
    line += fmt::format("{} {} {}", &answer == photo.answers.data() ? "" : ",",
                        classes[answer.index], train::format_percent(answer.probability));
  }
  return one_line(line) + "\n";
}

std::string CsvLines::header() const {
  std::string header = "path";
  for (size_t i = 1; i <= answers_; ++i) header += fmt::format(",class{0},probability{0}", i);
  return header + (heat_maps_ ? ",error,heatmap\n" : ",error\n");
}

std::string CsvLines::line(const Named& photo, const std::vector<std::string>& classes) const {
  std::string line = io::csv_field(photo.path);
  for (size_t i = 0; i < answers_; ++i) {
    if (i < photo.answers.size()) {
      const Answer& answer = photo.answers[i];
      line += fmt::format(",{},{:.6f}", io::csv_field(classes[answer.index]), answer.probability);
    } else {
      line += ",,";
    }
  }
  line += "," + io::csv_field(photo.error);
  return line + (heat_maps_ ? "," + io::csv_field(photo.heat_map) + "\n" : "\n");
}

}  // namespace tailor::apps
