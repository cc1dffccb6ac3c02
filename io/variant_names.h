// The words for the parts of a Variant in files, tables and JSON.
#pragma once

#include <optional>
#include <string_view>

#include "layers/variant.h"

namespace tailor::io {

/// "torchvision", "caffe", "tf"
std::string_view name_of(Preprocessing preprocessing);
std::optional<Preprocessing> parse_preprocessing(std::string_view name);

/// "conv1x1", "conv3x3"
std::string_view name_of(StrideOn stride_on);
std::optional<StrideOn> parse_stride_on(std::string_view name);

}  // namespace tailor::io
