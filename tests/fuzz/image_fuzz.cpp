// Photos: any bytes are a whole picture, or refused in words.
#include <cstdlib>

#include "io/image.h"
#include "kernels/api/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const tailor::io::Image image = tailor::io::decode_image({data, size}, "photo");
    const auto pixels = static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
    if (pixels == 0 || image.rgb.size() != 3 * pixels) std::abort();
  } catch (const tailor::Error&) {
  }
  return 0;
}
