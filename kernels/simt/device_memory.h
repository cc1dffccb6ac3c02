// The memory of the device, and what is known about each byte. The plain build knows nothing.
#pragma once

#include <cstddef>

namespace tailor::simt {

/// Aligned to 256; nullptr when there is not enough.
void* allocate_device(size_t bytes);
/// False when nothing was allocated there.
bool release_device(void* data);

/// Whether these bytes are the host's, or of one piece that is allocated. The plain build leaves
/// the question to AddressSanitizer.
bool is_one_piece(const void* data, size_t bytes);

void mark_written(void* data, size_t bytes);
/// What is unknown at `from` is unknown at `to`; memory of the host is known.
void copy_marks(void* to, const void* from, size_t bytes);
void mark_forbidden(const void* data, size_t bytes);
void mark_unwritten(const void* data, size_t bytes);

}  // namespace tailor::simt
