// MNIST's files: any bytes are as many pictures or labels as the header says, or refused in words.
#include <cstdlib>

#include "io/idx.h"
#include "kernels/api/error.h"
#include "tests/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tailor;
  const auto file = test::input_file("idx", data, size);
  try {
    const io::IdxImages images = io::read_idx_images(file);
    const auto pixels = static_cast<size_t>(images.width) * static_cast<size_t>(images.height);
    if (images.image(images.count - 1).rgb.size() != 3 * pixels) std::abort();
  } catch (const Error&) {
  }
  try {
    io::read_idx_labels(file);
  } catch (const Error&) {
  }
  return 0;
}
