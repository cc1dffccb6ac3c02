#include "io/dataset.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "io/dataset_form.h"
#include "io/dataset_split.h"
#include "io/duplicates.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;

/// "a, b, c", and at most ten.
std::string listed(const std::vector<std::string>& names) {
  const size_t shown = std::min<size_t>(names.size(), 10);
  return fmt::format("{}{}",
                     fmt::join(names.begin(), names.begin() + static_cast<ptrdiff_t>(shown), ", "),
                     shown < names.size() ? ", ..." : "");
}

/// The samples of `part`, labelled by their place in `classes` instead of in its own.
std::vector<Sample> relabel(Part part, const std::vector<std::string>& classes) {
  std::map<std::string_view, int64_t> known;
  for (size_t i = 0; i < classes.size(); ++i) known[classes[i]] = static_cast<int64_t>(i);
  for (Sample& sample : part.samples) {
    const std::string& name = part.classes[static_cast<size_t>(sample.label)];
    const auto found = known.find(name);
    if (found == known.end()) {
      throw Error("{}: expected photos of the {} classes {}, got \"{}\"", part.place,
                  classes.size(), listed(classes), name);
    }
    sample.label = found->second;
  }
  return std::move(part.samples);
}

Evaluation evaluation_of(const DatasetForm& form, const std::vector<std::string>& classes) {
  Part part = form.has_validation() ? form.validation() : form.train();
  // Which names the numbers have, the folder's name need not tell.
  if (part.numbered && (classes == digit_classes() || classes == fashion_classes())) {
    part.classes = classes;
  }
  return {relabel(std::move(part), classes), form.has_validation()};
}

std::vector<size_t> count_by_class(const std::vector<Sample>& samples, size_t classes) {
  std::vector<size_t> counts(classes);
  for (const Sample& sample : samples) ++counts[static_cast<size_t>(sample.label)];
  return counts;
}

void check_trainable(const Part& part) {
  if (part.classes.size() < 2) {
    throw Error("{}: expected at least two classes, got only \"{}\"", part.place,
                part.classes.front());
  }
  const std::vector<size_t> counts = count_by_class(part.samples, part.classes.size());
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) {
      throw Error("{}: expected photos of every class, got none of \"{}\"", part.place,
                  part.classes[i]);
    }
  }
}

void warn_of_unjudged_classes(Dataset& dataset) {
  const auto counts = count_by_class(dataset.validation, dataset.classes.size());
  std::vector<std::string> missing;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) missing.push_back(dataset.classes[i]);
  }
  if (missing.empty()) return;
  dataset.warnings.push_back(fmt::format("no photos to judge by of {} of the {} classes: {}",
                                         missing.size(), counts.size(), listed(missing)));
}

void warn_of_uneven_classes(Dataset& dataset) {
  constexpr size_t kUneven = 5;
  const auto counts = count_by_class(dataset.train, dataset.classes.size());
  const auto [smallest, largest] = std::minmax_element(counts.begin(), counts.end());
  if (*largest < kUneven * *smallest) return;
  const auto name = [&](auto at) {
    return dataset.classes[static_cast<size_t>(at - counts.begin())];
  };
  dataset.warnings.push_back(
      fmt::format("{} photos to train on of \"{}\", but {} of \"{}\", so rare classes may be named "
                  "too seldom (try --class-weights balanced)",
                  *largest, name(largest), *smallest, name(smallest)));
}

void warn_of_duplicates(Dataset& dataset) {
  const Duplicates found = find_duplicates(dataset.train, dataset.validation);
  if (found.count == 0) return;
  dataset.warnings.push_back(
      fmt::format("{} of the photos to judge by {} among those to train on too, so figures look "
                  "better than they "
                  "are (the first: {} is {})",
                  found.count, found.count == 1 ? "is" : "are",
                  dataset.validation[found.validation].name(), dataset.train[found.train].name()));
}

void limit_samples(Dataset& dataset, const DatasetOptions& options) {
  if (options.limit_train != 0) {
    if (options.limit_train < dataset.classes.size()) {
      throw Error("--limit-train: expected at least {}, a photo of every class, got {}",
                  dataset.classes.size(), options.limit_train);
    }
    dataset.train = stratified_subset(dataset.train, options.limit_train, options.seed);
  }
  if (options.limit_validation != 0) {
    dataset.validation =
        stratified_subset(dataset.validation, options.limit_validation, options.seed);
  }
}

}  // namespace

Evaluation read_evaluation(const fs::path& data, const std::vector<std::string>& classes) {
  return evaluation_of(*open_dataset(data), classes);
}

Labelled read_labelled(const fs::path& data) {
  const std::unique_ptr<DatasetForm> form = open_dataset(data);
  Part train = form->train();
  Labelled all{std::move(train.classes), std::move(train.samples)};
  if (form->has_validation()) {
    std::vector<Sample> others = evaluation_of(*form, all.classes).samples;
    std::move(others.begin(), others.end(), std::back_inserter(all.samples));
  }
  return all;
}

Dataset read_dataset(const fs::path& data, const DatasetOptions& options) {
  const std::unique_ptr<DatasetForm> form = open_dataset(data);
  Part train = form->train();
  if (!train.numbered) check_trainable(train);
  Dataset dataset{std::move(train.classes), std::move(train.samples), {}, false, {}};
  if (!options.validation.empty()) {
    dataset.validation = read_evaluation(options.validation, dataset.classes).samples;
  } else if (form->has_validation()) {
    dataset.validation = evaluation_of(*form, dataset.classes).samples;
  } else {
    split_validation(dataset, options.seed);
    dataset.split_by_seed = true;
    if (dataset.validation.empty()) {
      throw Error("{}: expected at least two photos of a class, to judge by one, got one of each",
                  data.string());
    }
  }
  if (const std::vector<std::string> ignored = form->ignored(); !ignored.empty()) {
    dataset.warnings.push_back(
        fmt::format("only train and the part to judge by are read, not {}", listed(ignored)));
  }
  warn_of_unjudged_classes(dataset);
  warn_of_uneven_classes(dataset);
  limit_samples(dataset, options);
  warn_of_duplicates(dataset);
  return dataset;
}

}  // namespace tailor::io
