// Which photos there are, of which class, and which of them are kept to judge the model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/idx.h"
#include "io/image.h"

namespace tailor::io {

/// One photo: an image file, or a picture within an IDX file.
struct Sample {
  std::string path;   ///< the image file, or the IDX file; a string, since there may be millions
  int64_t label = 0;  ///< index into the classes
  std::shared_ptr<const IdxImages> idx;
  size_t index = 0;  ///< position within `idx`

  /// For messages and tables: the path, with "#index" for a picture within an IDX file.
  std::string name() const;
};

struct Dataset {
  std::vector<std::string> classes;  ///< sorted by name (Fashion-MNIST: in the order of its labels)
  std::vector<Sample> train;         ///< in the order of classes, then paths
  std::vector<Sample> validation;
  bool split_by_seed = false;  ///< the data had no validation part, so one was split off
};

struct DatasetOptions {
  std::filesystem::path validation = {};  ///< a folder of its own; empty: found within the data
  uint64_t seed = 0;                      ///< of the split and of the limits
  size_t limit_train = 0;                 ///< at most so many, every class in proportion; 0: all
  size_t limit_validation = 0;
};

/// Reads the names of a data set: a folder with one folder per class; one with such folders in
/// `train` and in `validation`, `val`, `valid` or `test`; or one of MNIST's IDX files. Hidden files
/// and Thumbs.db are ignored. Without a validation part a fifth of every class is split off by
/// seed. Throws Error for data that nobody can mean: a missing or empty folder, fewer than two
/// classes, a class without photos, a validation class that is unknown, a broken IDX file.
Dataset read_dataset(const std::filesystem::path& data, const DatasetOptions& options);

/// The photos of `data` (any layout of read_dataset) to judge a model of these `classes` by: the
/// validation part, or all where there is none. Throws Error for a class the model does not know.
std::vector<Sample> read_evaluation(const std::filesystem::path& data,
                                    const std::vector<std::string>& classes);

/// `path` itself when it is a file, else every file below it, sorted, without hidden ones and
/// Thumbs.db. Throws Error when it is missing or holds none.
std::vector<std::filesystem::path> find_photos(const std::filesystem::path& path);

/// A photo and the hash of its bytes, which keys its random augmentation.
struct Photo {
  Image image;
  uint64_t content_hash = 0;
};

/// Reads and decodes one photo. Throws Error when it is damaged.
Photo read_photo(const Sample& sample);

}  // namespace tailor::io
