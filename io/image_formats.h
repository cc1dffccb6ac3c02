// The decoders behind decode_image, one file each.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "io/image.h"

namespace tailor::io {

/// Throws Error when a header promises more than 100 megapixels, or none.
void check_pixel_count(uint64_t width, uint64_t height, const std::string& name);

Image decode_bmp(std::span<const uint8_t> bytes, const std::string& name);
Image decode_gif(std::span<const uint8_t> bytes, const std::string& name);
Image decode_jpeg(std::span<const uint8_t> bytes, const std::string& name);
Image decode_png(std::span<const uint8_t> bytes, const std::string& name);
Image decode_webp(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace tailor::io
