// Photos made by formula: a small data set that a network can learn in seconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/image.h"

namespace tailor::test {

/// The names of the classes: "bar", "disc", "square".
std::vector<std::string> shape_classes();

/// A coloured shape of a class on a noisy ground; every `number` another one.
io::Image shape_photo(size_t label, uint64_t number);

/// Writes an 8-bit RGB PNG.
void write_png(const std::filesystem::path& path, const io::Image& image);

/// Makes folder/CLASS/NUMBER.png for each class, `count` photos each, numbered from `first`.
void write_shapes(const std::filesystem::path& folder, uint64_t first, uint64_t count);

}  // namespace tailor::test
