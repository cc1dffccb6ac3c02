// Charts as SVG. Colours, lines and fonts are those of the page's style (train/report_style.h).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tailor::train {

/// A line through the epochs.
struct Curve {
  std::string name;        ///< for the legend: "training"
  std::string style;       ///< class in the style sheet
  std::vector<double> at;  ///< a value for each epoch
};

struct CurveChart {
  std::string title;
  std::vector<Curve> curves;  ///< equally long, not empty
  bool percent = false;       ///< values are shares, shown as 0% to 100%
  size_t marked = 0;          ///< the epoch to be pointed out, from 1; 0: none
};
std::string draw(const CurveChart& chart);

/// How often answers were right (bars) against how sure the model was of them (the diagonal), from
/// the "bins" of report.json's calibration.
std::string draw_reliability(const nlohmann::json& bins);

/// A confusion matrix of too many classes for numbers: a square for each pair that occurs, the
/// fuller the greater its share of the row.
std::string draw_confusion(const nlohmann::json& confusion,
                           const std::vector<std::string>& classes);

}  // namespace tailor::train
