// The ladder of products, matmul's and all directions of convolution's. "naive" is beside each
// operation's definition; every further step is a kernel that takes sources and a sink (product.h).
#pragma once

#include <type_traits>

#include "kernels/cuda/product_registers.h"
#include "kernels/cuda/product_tensor.h"
#include "kernels/cuda/product_tiled.h"

namespace tailor::cuda {

// Of bf16 a multiprocessor does products faster than it reads their numbers from shared memory:
// large tiles for a warp count. Six products of pieces for each one of f32 give it time enough, but
// need the registers.
template <class T>
constexpr bool kInPieces = sizeof(T) == sizeof(float);
template <class T>
using LargeTensorTile = std::conditional_t<kInPieces<T>, TensorTile<T, 128, 128, 64, 32, 1>,
                                           TensorTile<T, 256, 128, 64, 64, 1>>;
/// For as few columns as the first convolutions have.
template <class T>
using NarrowTensorTile = std::conditional_t<kInPieces<T>, TensorTile<T, 128, 64, 32, 32, 1>,
                                            TensorTile<T, 256, 64, 64, 32, 1>>;
template <class T>
using SmallTensorTile = TensorTile<T, 64, 64, 32, 16, 2>;

template <Step kStep, class A, class B, class Sink>
void launch_product(Backend& backend, const A& a, const B& b, const Extents& extents,
                    const Sink& sink) {
  using T = typename A::Element;
  if (int64_t{extents.count} * extents.rows * extents.columns == 0) return;
  if constexpr (kStep == Step::tiled) {
    launch_tiled(backend, a, b, extents, sink);
  } else if constexpr (kStep == Step::registers) {
    launch_registers<SmallTile, 1>(backend, a, b, extents, sink);
  } else if constexpr (kStep == Step::vector) {
    if (is_worth(extents, LargeTile::kSize, SmallTile::kSize)) {
      launch_registers<LargeTile, kQuad>(backend, a, b, extents, sink);
    } else {
      launch_registers<SmallTile, kQuad>(backend, a, b, extents, sink);
    }
  } else {
    constexpr int kStages = kStep == Step::tensor ? 1 : 4;
    using Small = SmallTensorTile<T>;
    if (is_worth(extents, LargeTensorTile<T>::kSize, Small::kSize)) {
      launch_tensor<LargeTensorTile<T>, kStages>(backend, a, b, extents, sink);
    } else if (is_worth(extents, NarrowTensorTile<T>::kSize, Small::kSize)) {
      launch_tensor<NarrowTensorTile<T>, kStages>(backend, a, b, extents, sink);
    } else {
      launch_tensor<Small, kStages>(backend, a, b, extents, sink);
    }
  }
}

}  // namespace tailor::cuda
