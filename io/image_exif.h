// Which side of a photo is up? Its EXIF data, by libexif.
#pragma once

#include <cstdint>
#include <span>

namespace tailor::io {

/// The orientation 1 to 8 that an EXIF block tells (tag 0x0112; 1 is upright). The block may start
/// with "Exif\0\0", as in JPEG files, or not, as in PNG and WebP files. 1 where it tells none or
/// cannot be read: a damaged note about a photo is no reason to refuse the photo.
int exif_orientation(std::span<const uint8_t> exif);

}  // namespace tailor::io
