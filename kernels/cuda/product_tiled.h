// A product's second step, after naive. There every product takes two reads from global memory, of
// numbers that many other threads read too. Here a block copies a tile of both matrices to shared
// memory, where each number serves the 16 threads of a row or column: global memory is read 16
// times less.
#pragma once

#include "kernels/cuda/product.h"

namespace tailor::cuda {

constexpr int kTiledSide = 16;  // results of a block, one a thread; and steps of a tile
constexpr TileSize kTiledSize{kTiledSide, kTiledSide, 8};

template <class A, class B, class Sink>
__global__ void __launch_bounds__(kTileThreads)
    product_tiled(A a, B b, Sink sink, Extents extents) {
  // From one step to the next one number more, or the threads that store neighbouring steps would
  // all hit the same bank.
  __shared__ float a_tile[kTiledSide][kTiledSide + 1];
  __shared__ float b_tile[kTiledSide][kTiledSide + 1];
  const Block block(extents, kTiledSide, kTiledSide, extents.depth);
  const Pieces<kTiledSide, kTiledSide, 1, A> of_a(a, block.z, block.first_row, extents.rows);
  const Pieces<kTiledSide, kTiledSide, 1, B> of_b(b, block.z, block.first_column, extents.columns);
  const int row = static_cast<int>(threadIdx.x) / kTiledSide;
  const int column = static_cast<int>(threadIdx.x) % kTiledSide;

  float sum = 0;
  for (int k = 0; k < extents.depth; k += kTiledSide) {
    const auto* from_a = of_a.at(0, k, extents.depth);
    const auto* from_b = of_b.at(0, k, extents.depth);
    a_tile[of_a.step(0)][of_a.line(0)] = from_a == nullptr ? 0 : to_f32(*from_a);
    b_tile[of_b.step(0)][of_b.line(0)] = from_b == nullptr ? 0 : to_f32(*from_b);
    __syncthreads();
    for (int d = 0; d < kTiledSide; ++d) sum += a_tile[d][row] * b_tile[d][column];
    __syncthreads();  // the tiles are free again
  }
  if (block.first_row + row < extents.rows && block.first_column + column < extents.columns) {
    sink.store(block.z, block.first_row + row, block.first_column + column, {{sum}}, 1);
  }
}

template <class A, class B, class Sink>
void launch_tiled(Backend& backend, const A& a, const B& b, const Extents& extents,
                  const Sink& sink) {
  const dim3 grid(static_cast<unsigned>(tiles_of(extents, kTiledSize)),
                  static_cast<unsigned>(extents.count));
  launch(backend, {grid, kTileThreads}, product_tiled<A, B, Sink>)(a, b, sink, extents);
}

}  // namespace tailor::cuda
