// Tensors laid side by side along one dimension, and taken apart again: one copy for each.
#include "kernels/cuda/launch.h"
#include "kernels/cuda/wide.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 256;

/// What is copied at once: 16 bytes.
using Piece = Vec<uint32_t, 4>;

/// Where a part lies in the whole, seen from the joined dimension: block number b of the part, all
/// that lies at and behind the dimension, begins at b * stride + offset of the whole.
struct Place {
  int64_t size;    ///< of a block of the part
  int64_t stride;  ///< size of a block of the whole
  int64_t offset;
};

/// One thread a unit: an element (step "naive"), or a piece of 16 bytes ("vector"): a quarter (an
/// eighth) of the requests and of the divisions.
template <class Unit>
__global__ void copy_into(const Unit* part, Unit* whole, int64_t count, Place place) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    whole[i / place.size * place.stride + place.offset + i % place.size] = part[i];
  }
}

template <class Unit>
__global__ void copy_out(const Unit* whole, Unit* part, int64_t count, Place place) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    part[i] = whole[i / place.size * place.stride + place.offset + i % place.size];
  }
}

/// The bytes of a block.
int64_t block_bytes(const View& view, int dim) {
  auto bytes = static_cast<int64_t>(size_of(view.dtype));
  for (int i = dim; i < view.shape.rank(); ++i) bytes *= view.shape[i];
  return bytes;
}

/// Calls f(part, count, place), in units, for each part that is given and not empty.
template <class Unit, class F>
void for_parts(const View& whole, int dim, std::span<const View> parts, const F& f) {
  constexpr int64_t kUnit = sizeof(Unit);
  const int64_t stride = block_bytes(whole, dim) / kUnit;
  int64_t offset = 0;
  for (const View& part : parts) {
    const int64_t size = block_bytes(part, dim) / kUnit;
    const int64_t count = static_cast<int64_t>(part.bytes()) / kUnit;
    if (part && count > 0) f(part, count, Place{size, stride, offset});
    offset += size;
  }
}

template <class Unit>
void concat(Backend& backend, std::span<const View> xs, int dim, View y) {
  for_parts<Unit>(y, dim, xs, [&](const View& x, int64_t count, const Place& place) {
    launch(backend, {blocks_for(count, kThreads), kThreads}, copy_into<Unit>)(
        x.as<Unit>(), y.as<Unit>(), count, place);
  });
}

template <class Unit>
void concat_backward(Backend& backend, View dy, int dim, std::span<const View> dxs) {
  for_parts<Unit>(dy, dim, dxs, [&](const View& dx, int64_t count, const Place& place) {
    launch(backend, {blocks_for(count, kThreads), kThreads}, copy_out<Unit>)(
        dy.as<Unit>(), dx.as<Unit>(), count, place);
  });
}

/// Whether every block begins and ends with a whole piece.
bool in_pieces(const View& whole, int dim, std::span<const View> parts) {
  return are_aligned(whole) && std::all_of(parts.begin(), parts.end(), [&](const View& part) {
           return are_aligned(part) && block_bytes(part, dim) % int64_t{sizeof(Piece)} == 0;
         });
}

bool concat_fits(std::span<const View> xs, int dim, View y) { return in_pieces(y, dim, xs); }
bool concat_backward_fits(View dy, int dim, std::span<const View> dxs) {
  return in_pieces(dy, dim, dxs);
}

TAILOR_KERNEL(table(), concat, f32, "naive", concat<float>);
TAILOR_KERNEL(table(), concat, bf16, "naive", concat<bf16>);
TAILOR_KERNEL(table(), concat, i64, "naive", concat<int64_t>);
TAILOR_KERNEL(table(), concat, f32, "vector", concat<Piece>, concat_fits);
TAILOR_KERNEL(table(), concat, bf16, "vector", concat<Piece>, concat_fits);
TAILOR_KERNEL(table(), concat, i64, "vector", concat<Piece>, concat_fits);
TAILOR_KERNEL(table(), concat_backward, f32, "naive", concat_backward<float>);
TAILOR_KERNEL(table(), concat_backward, bf16, "naive", concat_backward<bf16>);
TAILOR_KERNEL(table(), concat_backward, f32, "vector", concat_backward<Piece>,
              concat_backward_fits);
TAILOR_KERNEL(table(), concat_backward, bf16, "vector", concat_backward<Piece>,
              concat_backward_fits);

}  // namespace
}  // namespace tailor::cuda
