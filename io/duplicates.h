// Which photos are in two parts of a data set? Those that are flatter a model.
#pragma once

#include <cstddef>
#include <vector>

#include "io/photo.h"

namespace tailor::io {

struct Duplicates {
  size_t count = 0;       ///< of the photos to judge by, those with an equal one to train on
  size_t validation = 0;  ///< the first of them
  size_t train = 0;       ///< and the first one that is equal to it
};

/// Photos are equal when their files' bytes are (XXH3), whatever their boxes; pictures of IDX files
/// when their pixels are. Few files are read: only those of equal size, at first their ends alone;
/// and a file once, however many links lead to it. Files that cannot be read equal none.
Duplicates find_duplicates(const std::vector<Sample>& train, const std::vector<Sample>& validation);

}  // namespace tailor::io
