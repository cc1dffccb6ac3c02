// Which photos there are, of which class, and which of them are kept to judge the model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/photo.h"
#include "io/photo_files.h"

namespace tailor::io {

struct Dataset {
  std::vector<std::string> classes;  ///< sorted by name (Fashion-MNIST: in the order of its labels)
  std::vector<Sample> train;         ///< in the order of classes, then paths
  std::vector<Sample> validation;
  bool split_by_seed = false;         ///< the data had no validation part, so one was split off
  std::vector<std::string> warnings;  ///< what makes the figures worth less, a line each
};

struct DatasetOptions {
  std::filesystem::path validation = {};  ///< a folder of its own; empty: found within the data
  uint64_t seed = 0;                      ///< of the split and of the limits
  size_t limit_train = 0;                 ///< at most so many, every class in proportion; 0: all
  size_t limit_validation = 0;
};

/// Reads the names of a data set: a folder with one folder per class; one with such folders in
/// `train` and in `validation`, `val`, `valid` or `test`; a .csv list (open_list tells its
/// columns); or a folder of MNIST's IDX files. Hidden files and Thumbs.db are ignored. Without a
/// validation part a fifth of every class is split off by seed. Warned of are classes that no photo
/// judges, classes of very uneven size, and photos in both parts. Throws Error for data that nobody
/// can mean: a missing or empty folder, fewer than two classes, a class without photos, a
/// validation class that is unknown, a broken list or IDX file.
Dataset read_dataset(const std::filesystem::path& data, const DatasetOptions& options);

/// Photos with their classes, not divided.
struct Labelled {
  std::vector<std::string> classes;  ///< as a Dataset's
  std::vector<Sample> samples;       ///< those to train on, then those to judge by, where it says
};

/// All of them in `data`, in any form of read_dataset; a class may have a single photo, or none.
/// Throws Error as read_dataset does.
Labelled read_labelled(const std::filesystem::path& data);

/// Photos to judge a model by.
struct Evaluation {
  std::vector<Sample> samples;
  bool is_part = false;  ///< a part kept to judge by, not all there is
};

/// The photos of `data` (any form of read_dataset) to judge a model of these `classes` by: the
/// validation part, or all where there is none. Throws Error for a class the model does not know.
Evaluation read_evaluation(const std::filesystem::path& data,
                           const std::vector<std::string>& classes);

}  // namespace tailor::io
