#include "io/image_exif.h"

#include <libexif/exif-data.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace tailor::io {

int exif_orientation(std::span<const uint8_t> exif) {
  constexpr std::array<uint8_t, 6> kStart = {'E', 'x', 'i', 'f', 0, 0};  // libexif insists on it
  if (exif.empty()) return 1;
  std::vector<uint8_t> block;
  if (!std::equal(kStart.begin(), kStart.end(), exif.begin(),
                  exif.begin() + static_cast<ptrdiff_t>(std::min(exif.size(), kStart.size())))) {
    block.assign(kStart.begin(), kStart.end());
    block.insert(block.end(), exif.begin(), exif.end());
    exif = block;
  }
  const std::unique_ptr<ExifData, decltype(&exif_data_unref)> data(
      exif_data_new_from_data(exif.data(), static_cast<unsigned>(exif.size())), &exif_data_unref);
  if (!data) return 1;
  const ExifEntry* entry =
      exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);  // not the thumbnail's
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) return 1;
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(data.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

}  // namespace tailor::io
