// Tensors laid side by side along one dimension, and taken apart again.
#include <algorithm>

#include "kernels/reference/reference.h"

namespace tailor {
namespace {

// A tensor seen from `dim`: so many blocks, each with all that lies at and behind the dimension.
struct Blocks {
  int64_t count;
  int64_t size;
};

Blocks blocks_of(const Shape& shape, int dim) {
  Blocks blocks{1, 1};
  for (int i = 0; i < shape.rank(); ++i) (i < dim ? blocks.count : blocks.size) *= shape[i];
  return blocks;
}

template <class T>
void concat(Backend& /*backend*/, std::span<const View> xs, int dim, View y) {
  T* to = y.as<T>();
  for (int64_t block = 0; block < blocks_of(y.shape, dim).count; ++block) {
    for (const View& x : xs) {
      const int64_t size = blocks_of(x.shape, dim).size;
      to = std::copy_n(x.as<T>() + block * size, size, to);
    }
  }
}

template <class T>
void concat_backward(Backend& /*backend*/, View dy, int dim, std::span<const View> dxs) {
  const T* from = dy.as<T>();
  for (int64_t block = 0; block < blocks_of(dy.shape, dim).count; ++block) {
    for (const View& dx : dxs) {
      const int64_t size = blocks_of(dx.shape, dim).size;
      if (dx) std::copy_n(from, size, dx.as<T>() + block * size);
      from += size;
    }
  }
}

TAILOR_KERNEL(reference_table(), concat, f32, "naive", concat<float>);
TAILOR_KERNEL(reference_table(), concat, f64, "naive", concat<double>);
TAILOR_KERNEL(reference_table(), concat, i64, "naive", concat<int64_t>);
TAILOR_KERNEL(reference_table(), concat_backward, f32, "naive", concat_backward<float>);
TAILOR_KERNEL(reference_table(), concat_backward, f64, "naive", concat_backward<double>);

}  // namespace
}  // namespace tailor
