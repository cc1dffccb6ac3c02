// Data sets as a CSV list of photos.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <tuple>

#include "io/csv.h"
#include "io/dataset_form.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;

enum Column : size_t { kPath, kLabel, kSplit, kX1, kY1, kX2, kY2, kColumns };
constexpr std::array<std::string_view, kColumns> kNames = {"path", "label", "split", "x1",
                                                           "y1",   "x2",    "y2"};

/// Where each column stands in a record; nothing for those that are missing.
using Places = std::array<std::optional<size_t>, kColumns>;

Places read_header(CsvReader& csv, const std::string& file) {
  std::vector<std::string> header;
  if (!csv.next(header)) {
    throw Error("{}: expected a first line that names the columns, got an empty file", file);
  }
  Places places;
  for (size_t i = 0; i < header.size(); ++i) {
    const auto name = std::find(kNames.begin(), kNames.end(), lower_case(header[i]));
    if (name == kNames.end()) {
      throw Error("{}: expected columns among {}, separated by commas, got \"{}\"", csv.place(),
                  fmt::join(kNames, ", "), header[i]);
    }
    std::optional<size_t>& place = places[static_cast<size_t>(name - kNames.begin())];
    if (place) throw Error("{}: expected one column {}, got two", csv.place(), *name);
    place = i;
  }
  const bool has_box =
      std::any_of(&places[kX1], places.end(), [](auto place) { return place.has_value(); });
  for (size_t column = 0; column < kColumns; ++column) {
    const bool needed = column <= kLabel || (column >= kX1 && has_box);
    if (needed && !places[column]) {
      throw Error("{}: expected a column {}, got {}", csv.place(), kNames[column],
                  fmt::join(header, ", "));
    }
  }
  return places;
}

/// The photos of one split, with labels in the order in which their names are met.
class PartInTheMaking {
 public:
  void add(Sample sample, const std::string& label) {
    sample.label = labels_.emplace(label, static_cast<int64_t>(labels_.size())).first->second;
    samples_.push_back(std::move(sample));
  }

  /// In the order of classes, then paths, whatever the order of the lines.
  Part sorted(const std::string& place) const {
    Part part{place, {}, samples_};
    std::vector<int64_t> by_name(labels_.size());
    for (const auto& [name, label] : labels_) {
      by_name[static_cast<size_t>(label)] = static_cast<int64_t>(part.classes.size());
      part.classes.push_back(name);
    }
    for (Sample& sample : part.samples) sample.label = by_name[static_cast<size_t>(sample.label)];
    const auto key = [](const Sample& x) {
      return std::tie(x.label, x.path, x.box.left, x.box.top, x.box.width, x.box.height);
    };
    std::sort(part.samples.begin(), part.samples.end(),
              [&](const Sample& a, const Sample& b) { return key(a) < key(b); });
    return part;
  }

 private:
  std::map<std::string, int64_t> labels_;
  std::vector<Sample> samples_;
};

std::string read_split(const std::string& field, const CsvReader& csv) {
  const std::vector<std::string>& names = validation_names();
  std::string name = lower_case(field);
  if (name.empty() || name == "train") return "train";
  if (std::find(names.begin(), names.end(), name) != names.end()) return name;
  throw Error("{}: expected the split train, {} or nothing, got \"{}\"", csv.place(),
              fmt::join(names, ", "), field);
}

/// Without width where all corners are empty.
Box read_box(const std::array<std::string, 4>& corners, const CsvReader& csv) {
  if (std::all_of(corners.begin(), corners.end(), [](const auto& it) { return it.empty(); })) {
    return {};
  }
  std::array<int32_t, 4> numbers{};
  for (size_t i = 0; i < 4; ++i) {
    const char* end = corners[i].data() + corners[i].size();
    const auto [at, error] = std::from_chars(corners[i].data(), end, numbers[i]);
    if (error != std::errc() || at != end) {
      throw Error("{}: expected a whole number of pixels as {}, got \"{}\"", csv.place(),
                  kNames[kX1 + i], corners[i]);
    }
  }
  const auto [x1, y1, x2, y2] = numbers;
  const int64_t width = int64_t{x2} - x1;
  const int64_t height = int64_t{y2} - y1;
  if (width <= 0 || height <= 0 || width > INT32_MAX || height > INT32_MAX) {
    throw Error("{}: expected a box with x1 < x2 and y1 < y2, got {},{},{},{}", csv.place(), x1, y1,
                x2, y2);
  }
  return {x1, y1, static_cast<int>(width), static_cast<int>(height)};
}

class List : public DatasetForm {
 public:
  explicit List(const fs::path& file) : file_(file.string()) {
    CsvReader csv(file);
    const Places places = read_header(csv, file_);
    std::vector<std::string> fields;
    while (csv.next(fields)) add(fields, places, csv);
    if (parts_.empty()) throw Error("{}: expected photos below its first line, got none", file_);
  }

  Part train() const override {
    const auto found = parts_.find("train");
    if (found == parts_.end()) {
      throw Error("{}: expected photos of the split train, got none", file_);
    }
    return found->second.sorted(file_);
  }
  bool has_validation() const override { return validation_part() != nullptr; }
  Part validation() const override { return validation_part()->sorted(file_); }

 private:
  const PartInTheMaking* validation_part() const {
    for (const std::string& name : validation_names()) {
      const auto found = parts_.find(name);
      if (found != parts_.end()) return &found->second;
    }
    return nullptr;
  }

  void add(const std::vector<std::string>& fields, const Places& places, const CsvReader& csv) {
    const auto columns = static_cast<size_t>(
        std::count_if(places.begin(), places.end(), [](auto place) { return place.has_value(); }));
    if (fields.size() != columns) {
      throw Error("{}: expected {} fields, as the first line has, got {}", csv.place(), columns,
                  fields.size());
    }
    const auto field = [&](size_t column) {
      return places[column] ? fields[*places[column]] : std::string();
    };
    for (const size_t column : {kPath, kLabel}) {
      if (field(column).empty()) {
        throw Error("{}: expected a {}, got an empty field", csv.place(), kNames[column]);
      }
    }
    Sample sample{.path = (fs::path(file_).parent_path() / field(kPath)).string()};
    sample.box = read_box({field(kX1), field(kY1), field(kX2), field(kY2)}, csv);
    parts_[read_split(field(kSplit), csv)].add(std::move(sample), field(kLabel));
  }

  std::string file_;
  std::map<std::string, PartInTheMaking> parts_;  ///< by split
};

}  // namespace

bool is_list(const fs::path& file) { return lower_case(file.extension().string()) == ".csv"; }

std::unique_ptr<DatasetForm> open_list(const fs::path& file) {
  return std::make_unique<List>(file);
}

}  // namespace tailor::io
