// One photo of a data set: where it lies, what it shows, and how it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "io/idx.h"
#include "io/image.h"
#include "io/resize.h"

namespace tailor::io {

/// An image file, a part of one, or a picture within an IDX file.
struct Sample {
  std::string path;   ///< the image file, or the IDX file; a string, since there may be millions
  int64_t label = 0;  ///< index into the classes
  std::shared_ptr<const IdxImages> idx;
  size_t index = 0;  ///< position within `idx`
  Box box = {};      ///< the part of the upright picture that counts; without width: all of it

  /// For messages and tables: the path, with "#index" for a picture within an IDX file and
  /// "#x1,y1,x2,y2" for a part of a photo.
  std::string name() const;
};

/// A photo and what keys its random augmentation: the hash of its bytes, and of its box.
struct Photo {
  Image image;
  uint64_t content_hash = 0;
};

/// Reads and decodes one photo, and cuts its box out. Throws Error when it is damaged or has no
/// such part.
Photo read_photo(const Sample& sample);

}  // namespace tailor::io
