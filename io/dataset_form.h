// The forms that labelled photos come in: folders, IDX files, lists.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/photo.h"

namespace tailor::io {

/// Photos with labels that index the classes beside them.
struct Part {
  std::string place;  ///< for messages
  std::vector<std::string> classes;
  std::vector<Sample> samples;
  bool numbered = false;  ///< labels are IDX's numbers: some may have no photos, names are a habit
};

/// Labelled photos, found but not yet looked at.
class DatasetForm {
 public:
  virtual ~DatasetForm() = default;
  /// The photos to train on; all of them when they are not divided.
  virtual Part train() const = 0;
  virtual bool has_validation() const = 0;
  /// The photos to judge by.
  virtual Part validation() const = 0;
  /// The names of folders that may have been meant, but are not read.
  virtual std::vector<std::string> ignored() const { return {}; }
};

/// The names that IDX files' labels 0 to 9 may have.
const std::vector<std::string>& digit_classes();
const std::vector<std::string>& fashion_classes();

/// A folder with one folder per class, or with such folders in `train` and in `validation`, `val`,
/// `valid` or `test`. Beside other folders `train` is a class, unless there is a part to judge by.
std::unique_ptr<DatasetForm> open_folders(const std::filesystem::path& folder);

/// A folder of MNIST's IDX files.
bool is_idx_folder(const std::filesystem::path& folder);
std::unique_ptr<DatasetForm> open_idx(const std::filesystem::path& folder);

/// A .csv file whose first line names its columns: path (relative to the file's folder) and label;
/// split (train, or validation, val, valid or test; empty: train) and the corners x1, y1, x2, y2 of
/// a box in pixels (x2 and y2 exclusive; empty: the whole photo) where it has them. Throws Error
/// that names the line for anything else.
bool is_list(const std::filesystem::path& file);
std::unique_ptr<DatasetForm> open_list(const std::filesystem::path& file);

/// The form that `data` has. Throws Error when nothing is there, or a file that is not a list.
std::unique_ptr<DatasetForm> open_dataset(const std::filesystem::path& data);

/// The names of parts to judge by, the preferred one first.
const std::vector<std::string>& validation_names();

std::string lower_case(std::string text);

}  // namespace tailor::io
