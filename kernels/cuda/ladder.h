// The ladder of products, matmul's and all directions of convolution's. "naive" is beside each
// operation's definition; every further step is a kernel that takes sources and a sink (product.h).
#pragma once

#include "kernels/cuda/product_registers.h"
#include "kernels/cuda/product_tensor.h"
#include "kernels/cuda/product_tiled.h"

namespace tailor::cuda {

template <Step kStep, class A, class B, class Sink>
void launch_product(Backend& backend, const A& a, const B& b, const Extents& extents,
                    const Sink& sink) {
  using T = typename A::Element;
  if (int64_t{extents.count} * extents.rows * extents.columns == 0) return;
  constexpr int kPipelineStages = 4;
  if constexpr (kStep == Step::tiled) {
    launch_tiled(backend, a, b, extents, sink);
  } else if constexpr (kStep == Step::registers) {
    launch_registers<SmallTile, 1>(backend, a, b, extents, sink);
  } else if constexpr (kStep == Step::vector) {
    if (are_worth_large_tiles(extents, SmallTile::kSide, LargeTile::kSide)) {
      launch_registers<LargeTile, kQuad>(backend, a, b, extents, sink);
    } else {
      launch_registers<SmallTile, kQuad>(backend, a, b, extents, sink);
    }
  } else if constexpr (kStep == Step::tensor) {
    launch_tensor<TensorTile<T, 128>, 1>(backend, a, b, extents, sink);
  } else if (are_worth_large_tiles(extents, 64, 128)) {
    launch_tensor<TensorTile<T, 128>, kPipelineStages>(backend, a, b, extents, sink);
  } else {
    launch_tensor<TensorTile<T, 64>, kPipelineStages>(backend, a, b, extents, sink);
  }
}

}  // namespace tailor::cuda
