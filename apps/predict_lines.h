// What is written about each photo: for the screen, as JSON, as CSV.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace tailor::apps {

struct Answer {
  size_t index;  ///< of the class
  double probability;
  float logit;
};

/// The most probable classes of one photo, the best first; all when `count` is 0.
std::vector<Answer> best_answers(std::span<const float> logits, size_t count);

/// One photo: answers, or why there are none.
struct Named {
  std::string path;
  std::vector<Answer> answers;
  std::string error;     ///< empty when the photo could be read
  std::string heat_map;  ///< the file of its heat map; empty when none is wanted
};

/// An object: {"path", "predictions"}, and "heatmap" where there is one; or {"path", "error"}.
std::string json_line(const Named& photo, const std::vector<std::string>& classes);

/// For people, without control characters; paths take `width` columns.
std::string table_line(const Named& photo, const std::vector<std::string>& classes, size_t width);

/// CSV as in RFC 4180: path, `answers` pairs of class and probability, error, and heatmap if
/// wanted.
class CsvLines {
 public:
  CsvLines(size_t answers, bool heat_maps) : answers_(answers), heat_maps_(heat_maps) {}
  std::string header() const;
  std::string line(const Named& photo, const std::vector<std::string>& classes) const;

 private:
  size_t answers_;
  bool heat_maps_;
};

}  // namespace tailor::apps
