// Pictures into JPEG files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "io/image.h"

namespace tailor::io {

/// A JPEG file of `image`, made in memory; equal pictures give equal bytes. `quality` is libjpeg's,
/// from 1 to 100. Throws Error for a picture without pixels or with a side of more than 65,500.
std::vector<uint8_t> encode_jpeg(const Image& image, int quality);

/// encode_jpeg into a file, as replace_file does. Throws Error when it cannot be written.
void write_jpeg(const std::filesystem::path& path, const Image& image, int quality);

}  // namespace tailor::io
