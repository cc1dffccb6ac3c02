// Pictures by stb_image: PNG and BMP, once their own files have checked what stb takes for granted.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "io/image.h"

namespace tailor::io {

/// `format` is for messages. Throws Error when stb finds the file damaged.
Image decode_by_stb(std::span<const uint8_t> bytes, const char* format, int orientation,
                    const std::string& name);

}  // namespace tailor::io
