#include "io/dataset.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "io/dataset_split.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kDigits = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
const std::vector<std::string> kFashion = {"T-shirt/top", "Trouser",   "Pullover", "Dress",
                                           "Coat",        "Sandal",    "Shirt",    "Sneaker",
                                           "Bag",         "Ankle boot"};

/// Samples with labels that index the classes found beside them.
struct Part {
  std::vector<std::string> classes;
  std::vector<Sample> samples;
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Hidden, or left behind by Windows, macOS and their archives.
bool is_ignored(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name == "Thumbs.db" || name == "desktop.ini" ||
         name == "__MACOSX";
}

/// The folders within `folder`, sorted by name; links to folders count.
std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && !is_ignored(entry.path())) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

/// The files below `folder` at any depth, sorted. A link that leads nowhere is one of them, so that
/// the photo is reported missing; links to folders are not followed, since they may lead back.
std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (auto at = fs::recursive_directory_iterator(folder); at != fs::end(at); ++at) {
    if (is_ignored(at->path())) {
      at.disable_recursion_pending();
    } else if (at->is_regular_file() || (at->is_symlink() && !at->is_directory())) {
      files.push_back(at->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

Part read_class_folders(const fs::path& folder) {
  Part part;
  for (const fs::path& class_folder : folders_in(folder)) {
    const auto label = static_cast<int64_t>(part.classes.size());
    part.classes.push_back(class_folder.filename().string());
    for (const fs::path& file : files_below(class_folder)) {
      part.samples.push_back({file.string(), label, nullptr, 0});
    }
  }
  if (part.classes.empty()) {
    throw Error("{}: expected one folder for each class, got no folders", folder.string());
  }
  if (part.samples.empty()) {
    throw Error("{}: expected photos in its folders, got none", folder.string());
  }
  return part;
}

/// The folders of photos to train on and to judge by.
struct Parts {
  fs::path train;
  std::optional<fs::path> validation;
};

Parts find_parts(const fs::path& data) {
  constexpr std::array<std::string_view, 4> kValidationNames = {"validation", "val", "valid",
                                                                "test"};
  Parts parts{data, std::nullopt};
  std::map<std::string, fs::path, std::less<>> folders;
  bool only_parts = true;
  for (const fs::path& folder : folders_in(data)) {
    const std::string name = lower(folder.filename().string());
    only_parts = only_parts && (name == "train" || std::count(kValidationNames.begin(),
                                                              kValidationNames.end(), name) != 0);
    folders[name] = folder;
  }
  const auto train = folders.find("train");
  if (train == folders.end()) return parts;
  // Photos right in `train`, beside other classes, are photos of trains.
  if (!only_parts && folders_in(train->second).empty()) return parts;
  parts.train = train->second;
  for (const std::string_view name : kValidationNames) {
    const auto found = folders.find(name);
    if (!parts.validation && found != folders.end()) parts.validation = found->second;
  }
  return parts;
}

std::string idx_images_name(std::string_view part) {
  return std::string(part) + "-images-idx3-ubyte";
}

bool has_idx(const fs::path& data, std::string_view part) {
  return find_idx(data, idx_images_name(part)).has_value();
}

bool is_idx_folder(const fs::path& data) { return has_idx(data, "train") || has_idx(data, "t10k"); }

Part read_idx(const fs::path& data, std::string_view part_name) {
  const std::string labels_name = std::string(part_name) + "-labels-idx1-ubyte";
  const auto images_path = find_idx(data, idx_images_name(part_name));
  const auto labels_path = find_idx(data, labels_name);
  if (!images_path || !labels_path) {
    throw Error("{}: expected {} and {} (or with .gz), got {}", data.string(),
                idx_images_name(part_name), labels_name,
                images_path   ? "only the images"
                : labels_path ? "only the labels"
                              : "neither");
  }
  const auto images = std::make_shared<const IdxImages>(read_idx_images(*images_path));
  const std::vector<uint8_t> labels = read_idx_labels(*labels_path);
  if (labels.size() != images->count) {
    throw Error("{}: expected {} labels, one for each image, got {}", labels_path->string(),
                images->count, labels.size());
  }
  const bool is_fashion =
      lower(fs::absolute(data).lexically_normal().string()).find("fashion") != std::string::npos;
  Part part{is_fashion ? kFashion : kDigits, {}};
  part.samples.reserve(labels.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= part.classes.size()) {
      throw Error("{}: expected labels from 0 to {}, got {} at position {}", labels_path->string(),
                  part.classes.size() - 1, labels[i], i);
    }
    part.samples.push_back({images_path->string(), labels[i], images, i});
  }
  return part;
}

/// The samples of `part`, labelled by their place in `classes` instead of in its own.
std::vector<Sample> relabel(Part part, const fs::path& data,
                            const std::vector<std::string>& classes) {
  std::map<std::string_view, int64_t> known;
  for (size_t i = 0; i < classes.size(); ++i) known[classes[i]] = static_cast<int64_t>(i);
  for (Sample& sample : part.samples) {
    const std::string& name = part.classes[static_cast<size_t>(sample.label)];
    const auto found = known.find(name);
    if (found == known.end()) {
      const size_t shown = std::min<size_t>(classes.size(), 10);
      throw Error("{}: expected photos of the {} classes {}{}, got \"{}\"", data.string(),
                  classes.size(), fmt::join(classes.begin(), classes.begin() + shown, ", "),
                  shown < classes.size() ? ", ..." : "", name);
    }
    sample.label = found->second;
  }
  return std::move(part.samples);
}

void require_folder(const fs::path& data) {
  if (!fs::exists(data)) {
    throw Error("{}: expected a folder with photos, got nothing there", data.string());
  }
  if (!fs::is_directory(data)) {
    throw Error("{}: expected a folder with photos, got a file", data.string());
  }
}

void check_trainable(const Part& part, const fs::path& data) {
  if (part.classes.size() < 2) {
    throw Error("{}: expected at least two classes, got only \"{}\"", data.string(),
                part.classes.front());
  }
  std::vector<size_t> counts(part.classes.size());
  for (const Sample& sample : part.samples) ++counts[static_cast<size_t>(sample.label)];
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) {
      throw Error("{}: expected photos of every class, got none of \"{}\"", data.string(),
                  part.classes[i]);
    }
  }
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

/// Runs `read`; what the file system refuses becomes an Error that names the place.
template <class Read>
auto reading_folders(Read read) {
  try {
    return read();
  } catch (const fs::filesystem_error& error) {
    throw Error("{}: cannot be read: {}", error.path1().string(), error.code().message());
  }
}

}  // namespace

std::string Sample::name() const { return idx ? fmt::format("{}#{}", path, index) : path; }

std::vector<Sample> read_evaluation(const fs::path& data, const std::vector<std::string>& classes) {
  return reading_folders([&] {
    require_folder(data);
    if (is_idx_folder(data)) {
      Part part = read_idx(data, has_idx(data, "t10k") ? "t10k" : "train");
      // The numbers are the classes; which names they have, the folder's name need not tell.
      if (classes == kDigits || classes == kFashion) part.classes = classes;
      return relabel(std::move(part), data, classes);
    }
    const Parts parts = find_parts(data);
    const fs::path folder = parts.validation.value_or(parts.train);
    return relabel(read_class_folders(folder), folder, classes);
  });
}

Dataset read_dataset(const fs::path& data, const DatasetOptions& options) {
  return reading_folders([&] {
    require_folder(data);
    const bool is_idx = is_idx_folder(data);
    const Parts parts = is_idx ? Parts{data, std::nullopt} : find_parts(data);
    Part train = is_idx ? read_idx(data, "train") : read_class_folders(parts.train);
    if (!is_idx) check_trainable(train, parts.train);

    Dataset dataset{std::move(train.classes), std::move(train.samples), {}, false};
    if (!options.validation.empty()) {
      dataset.validation = read_evaluation(options.validation, dataset.classes);
    } else if (parts.validation || has_idx(data, "t10k")) {
      dataset.validation = read_evaluation(data, dataset.classes);
    } else {
      split_validation(dataset, options.seed);
      dataset.split_by_seed = true;
      if (dataset.validation.empty()) {
        throw Error("{}: expected at least two photos of a class, to judge by one, got one of each",
                    data.string());
      }
    }
    limit_samples(dataset, options);
    return dataset;
  });
}

std::vector<fs::path> find_photos(const fs::path& path) {
  return reading_folders([&]() -> std::vector<fs::path> {
    if (!fs::exists(path))
      throw Error("{}: expected a photo or a folder, got nothing there", path.string());
    if (!fs::is_directory(path)) return {path};
    std::vector<fs::path> files = files_below(path);
    if (files.empty()) throw Error("{}: expected photos, got none", path.string());
    return files;
  });
}

Photo read_photo(const Sample& sample) {
  if (sample.idx) {
    return {sample.idx->image(sample.index), content_hash(sample.idx->pixels(sample.index))};
  }
  const std::vector<uint8_t> bytes = read_image_file(sample.path);
  return {decode_image(bytes, sample.path), content_hash(bytes)};
}

}  // namespace tailor::io
