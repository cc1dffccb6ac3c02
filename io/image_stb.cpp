#include "io/image_stb.h"

#include <memory>

#include "io/image_upright.h"
#include "kernels/api/error.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace tailor::io {

Image decode_by_stb(std::span<const uint8_t> bytes, const char* format, int orientation,
                    const std::string& name) {
  int width = 0;
  int height = 0;
  int channels = 0;
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> pixels(
      stbi_load_from_memory(bytes.data(), static_cast<int>(bytes.size()), &width, &height,
                            &channels, 0),
      &stbi_image_free);
  if (!pixels) throw Error("{}: damaged {}: {}", name, format, stbi_failure_reason());
  UprightImage image(width, height, orientation);
  const size_t stride = static_cast<size_t>(width) * static_cast<size_t>(channels);
  for (int y = 0; y < height; ++y) {
    image.put_row(y, pixels.get() + static_cast<size_t>(y) * stride, channels);
  }
  return image.take();
}

}  // namespace tailor::io
