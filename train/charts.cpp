#include "train/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "train/console.h"
#include "train/html.h"

namespace tailor::train {
namespace {

using nlohmann::json;

constexpr double kWidth = 440, kHeight = 280;
constexpr double kLeft = 52, kRight = 12, kTop = 16, kBottom = 40;

/// From values to places in the drawing.
struct Scale {
  double low, high;    ///< values
  double start, stop;  ///< places
  double operator()(double value) const {
    return start + (value - low) / (high - low) * (stop - start);
  }
};

/// 1, 2 or 5 times a power of ten, so that at most `most` steps make `range`.
double round_step(double range, int most) {
  const double least = range / most;
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

/// Round numbers that enclose all values.
struct Axis {
  double low, high, step;
};

Axis axis_around(const CurveChart& chart) {
  double low = INFINITY, high = -INFINITY;
  for (const Curve& curve : chart.curves) {
    const auto [least, most] = std::minmax_element(curve.at.begin(), curve.at.end());
    low = std::min(low, *least);
    high = std::max(high, *most);
  }
  if (!chart.percent) low = 0;
  if (high - low < 1e-3) {  // a flat line
    high = chart.percent ? std::min(1.0, high + 0.05) : high + 0.05;
    low = std::max(0.0, chart.percent ? high - 0.1 : low);
  }
  const double step = round_step(high - low, 5);
  return {std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step, step};
}

std::string line(const char* style, double x1, double y1, double x2, double y2) {
  return fmt::format(
      "<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", style, x1,
      y1, x2, y2);
}

std::string text(double x, double y, const char* anchor, const std::string& words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escaped(words));
}

std::string opening(double width, double height, const std::string& title) {
  return fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n<title>{}</title>\n", width,
      height, escaped(title), escaped(title));
}

std::string label_of(double value, bool percent) {
  return percent ? fmt::format("{:g}%", std::round(value * 1000) / 10)
                 : fmt::format("{:g}", std::round(value * 1e6) / 1e6);
}

/// Lines across with their values at the left.
std::string rows(const Axis& axis, const Scale& y, bool percent) {
  std::string result;
  for (double value = axis.low; value < axis.high + axis.step / 2; value += axis.step) {
    result += line("grid", kLeft, y(value), kWidth - kRight, y(value));
    result += text(kLeft - 8, y(value) + 4, "end", label_of(value, percent));
  }
  return result;
}

/// Numbers of epochs below, at most about eight.
std::string epoch_labels(size_t epochs, const Scale& x) {
  const auto step = static_cast<size_t>(
      std::max(1.0, round_step(static_cast<double>(std::max<size_t>(epochs, 2) - 1), 8)));
  std::string result;
  for (size_t epoch = step == 1 ? 1 : step; epoch <= epochs; epoch += step) {
    result += text(x(static_cast<double>(epoch)), kHeight - kBottom + 18, "middle",
                   std::to_string(epoch));
  }
  return result + text((kLeft + kWidth - kRight) / 2, kHeight - 4, "middle", "epoch");
}

std::string path_of(const Curve& curve, const Scale& x, const Scale& y) {
  std::string points, dots;
  for (size_t i = 0; i < curve.at.size(); ++i) {
    const double px = x(static_cast<double>(i + 1)), py = y(curve.at[i]);
    points += fmt::format("{}{:.1f},{:.1f}", i == 0 ? "" : " ", px, py);
    if (curve.at.size() <= 30) {
      dots += fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>\n",
                          curve.style, px, py);
    }
  }
  return fmt::format("<polyline class=\"{}\" points=\"{}\"/>\n{}", curve.style, points, dots);
}

}  // namespace

std::string draw(const CurveChart& chart) {
  const size_t epochs = chart.curves.front().at.size();
  const Axis axis = axis_around(chart);
  const Scale y{axis.low, axis.high, kHeight - kBottom, kTop};
  const double last = static_cast<double>(std::max<size_t>(epochs, 2));
  const Scale x{1, last, kLeft + 10, kWidth - kRight - 10};
  std::string svg = opening(kWidth, kHeight, chart.title);
  svg += rows(axis, y, chart.percent) + epoch_labels(epochs, x);
  if (chart.marked > 0) {
    const double at = x(static_cast<double>(chart.marked));
    svg += line("best", at, kTop, at, kHeight - kBottom);
  }
  for (const Curve& curve : chart.curves) svg += path_of(curve, x, y);
  return svg + "</svg>\n";
}

std::string draw_reliability(const json& bins) {
  const Scale x{0, 1, kLeft, kWidth - kRight - 14};
  const Scale y{0, 1, kHeight - kBottom, kTop};
  std::string svg =
      opening(kWidth, kHeight, "How often answers were right, by how sure the model was of them");
  for (int i = 0; i <= 5; ++i) {
    const double value = i / 5.0;
    svg += line("grid", x(0), y(value), x(1), y(value));
    svg += text(kLeft - 8, y(value) + 4, "end", label_of(value, true));
    svg += text(x(value), kHeight - kBottom + 18, "middle", label_of(value, true));
  }
  for (const json& bin : bins) {
    const int64_t photos = bin["photos"];
    if (photos == 0) continue;
    const double from = bin["from"], to = bin["to"], accuracy = bin["accuracy"];
    svg += fmt::format(
        "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\"><title>{} "
        "photos named with {} to {}: {} sure on average, {} right</title></rect>\n",
        x(from) + 1, y(accuracy), x(to) - x(from) - 2, y(0) - y(accuracy), format_count(photos),
        label_of(from, true), label_of(to, true), format_percent(bin["confidence"]),
        format_percent(accuracy));
  }
  svg += line("ideal", x(0), y(0), x(1), y(1));
  svg += text((x(0) + x(1)) / 2, kHeight - 4, "middle", "how sure it was");
  return svg + "</svg>\n";
}

std::string draw_confusion(const json& confusion, const std::vector<std::string>& classes) {
  const size_t n = classes.size();
  std::string svg =
      opening(static_cast<double>(n), static_cast<double>(n), "Confusion matrix of all classes");
  svg += fmt::format("<rect class=\"ground\" width=\"{0}\" height=\"{0}\"/>\n", n);
  for (size_t label = 0; label < n; ++label) {
    int64_t all = 0;
    for (const json& photos : confusion[label]) all += photos.get<int64_t>();
    for (size_t answer = 0; answer < n; ++answer) {
      const int64_t photos = confusion[label][answer];
      if (photos == 0) continue;
      svg += fmt::format(
          "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"1\" height=\"1\" "
          "fill-opacity=\"{:.2f}\"><title>{} of {} {}: {}</title></rect>\n",
          label == answer ? "hit" : "miss", answer, label,
          0.15 + 0.85 * static_cast<double>(photos) / static_cast<double>(all), photos, all,
          escaped(classes[label]), escaped(classes[answer]));
    }
  }
  return svg + "</svg>\n";
}

}  // namespace tailor::train
