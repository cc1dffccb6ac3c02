// Tensors laid side by side along one dimension, and taken apart again: copies of bytes.
#include <cstring>

#include "kernels/cpu/loops.h"

namespace tailor::cpu {
namespace {

/// The bytes of one block: all that lies at and behind `dim`.
int64_t block_bytes(const View& view, int dim) {
  auto bytes = static_cast<int64_t>(size_of(view.dtype));
  for (int i = dim; i < view.shape.rank(); ++i) bytes *= view.shape[i];
  return bytes;
}

/// Calls f(in_whole, in_part, bytes) for each piece that the whole and a part have in common;
/// parts without data are passed over. f may not throw.
template <class F>
void for_pieces(Backend& backend, const View& whole, int dim, std::span<const View> parts,
                const F& f) {
  const int64_t stride = block_bytes(whole, dim);
  if (stride == 0) return;
  for_parts(backend, static_cast<int64_t>(whole.bytes()) / stride,
            rows_of(kPart * int64_t{sizeof(float)}, stride), [&](int64_t begin, int64_t end) {
              for (int64_t block = begin; block < end; ++block) {
                int64_t offset = block * stride;
                for (const View& part : parts) {
                  const int64_t bytes = block_bytes(part, dim);
                  if (part) {
                    f(whole.as<char>() + offset, part.as<char>() + block * bytes,
                      static_cast<size_t>(bytes));
                  }
                  offset += bytes;
                }
              }
            });
}

void concat(Backend& backend, std::span<const View> xs, int dim, View y) {
  for_pieces(backend, y, dim, xs,
             [](char* whole, const char* part, size_t bytes) { std::memcpy(whole, part, bytes); });
}

void concat_backward(Backend& backend, View dy, int dim, std::span<const View> dxs) {
  for_pieces(backend, dy, dim, dxs,
             [](const char* whole, char* part, size_t bytes) { std::memcpy(part, whole, bytes); });
}

TAILOR_KERNEL(cpu_table(), concat, f32, "loop", concat);
TAILOR_KERNEL(cpu_table(), concat, i64, "loop", concat);
TAILOR_KERNEL(cpu_table(), concat_backward, f32, "loop", concat_backward);

}  // namespace
}  // namespace tailor::cpu
