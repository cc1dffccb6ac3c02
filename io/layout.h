// The order of elements: ours inside the program, torchvision's and Keras's in files.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/api/shape.h"

namespace tailor::io {

/// torchvision: convolutions OIHW, linear [out, in]; keras: HWIO and [in, out]. Ours is OHWI and
/// [out, in]. Vectors are the same everywhere.
enum class FileOrder : uint8_t { torchvision, keras };

/// The shape in the file of a tensor that has `shape` here.
Shape shape_in_file(FileOrder order, const Shape& shape);

/// Reorders a file's elements to ours. `shape` is ours; both have as many elements as it says.
void from_file_order(FileOrder order, const Shape& shape, std::span<const float> in,
                     std::span<float> out);

/// Ours to a file's.
void to_file_order(FileOrder order, const Shape& shape, std::span<const float> in,
                   std::span<float> out);

}  // namespace tailor::io
