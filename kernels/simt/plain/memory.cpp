// Device memory of the plain build: the host's, so that AddressSanitizer sees each piece's bounds.
#include <cstdlib>

#include "kernels/simt/device_memory.h"

namespace tailor::simt {

void* allocate_device(size_t bytes) {
  void* data = nullptr;
  return posix_memalign(&data, 256, bytes) == 0 ? data : nullptr;
}
bool release_device(void* data) {
  std::free(data);
  return true;
}

bool is_one_piece(const void*, size_t) { return true; }

void mark_written(void*, size_t) {}
void copy_marks(void*, const void*, size_t) {}
void mark_forbidden(const void*, size_t) {}
void mark_unwritten(const void*, size_t) {}

}  // namespace tailor::simt
