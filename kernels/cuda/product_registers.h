// A product's third and fourth step. In the tiled kernel each product takes two reads from shared
// memory. Here a thread computes 4 x 4 or 8 x 8 results in registers, so that a number read from
// shared memory serves 4 or 8 products ("registers"); and while the tiles of one depth are
// multiplied, the numbers of the next are on their way. With pieces of four neighbours ("vector")
// the copies take a quarter of the instructions, and larger tiles pay.
#pragma once

#include "kernels/cuda/product.h"

namespace tailor::cuda {

/// The sizes of a tile: kSide x kSide results by 16 x 16 threads, kDepth steps of their sums in
/// shared memory.
template <int kQuads_, int kDepth_>
struct RegisterTile {
  static constexpr int kQuads = kQuads_;  ///< of rows and of columns, for each thread
  static constexpr int kBand = 16 * kQuad;
  static constexpr int kSide = kQuads * kBand;
  static constexpr TileSize kSize{kSide, kSide, 2};
  static constexpr int kDepth = kDepth_;
  /// From one k to the next in shared memory. The four more make neighbouring lanes, which store to
  /// several k at once, hit other banks.
  static constexpr int kPitch = kSide + 4;
  using Shared = float[kDepth][kPitch];
};
using SmallTile = RegisterTile<1, 16>;
using LargeTile = RegisterTile<2, 8>;

/// Pieces on their way to shared memory through the registers of their threads.
template <class Tile, int V, class Source>
class Stage {
 public:
  __device__ __forceinline__ Stage(const Source& source, int z, int first_line, int lines)
      : places_(source, z, first_line, lines) {}

  /// Starts reading the steps k to k + kDepth - 1; zeros where the source ends.
  __device__ __forceinline__ void fetch(int k, int end) {
    for (int i = 0; i < Places::kEach; ++i) {
      const auto* from = places_.at(i, k, end);
      if (from != nullptr) {
        pieces_[i] = load_f32<V>(from);
      } else {
        pieces_[i] = {};
      }
    }
  }

  __device__ __forceinline__ void put(typename Tile::Shared& tile) const {
    for (int i = 0; i < Places::kEach; ++i) {
      const int step = Places::step(i), line = Places::line(i);
      if constexpr (Source::kAlongDepth) {
        for (int j = 0; j < V; ++j) tile[step + j][line] = pieces_[i].v[j];
      } else {
        store_vec(&tile[step][line], pieces_[i]);
      }
    }
  }

 private:
  using Places = Pieces<Tile::kSide, Tile::kDepth, V, Source>;

  Places places_;
  Vec<float, V> pieces_[Places::kEach];
};

template <class Tile, int V, class A, class B, class Sink>
__global__ void __launch_bounds__(kTileThreads)
    product_registers(A a, B b, Sink sink, Extents extents, int part_depth, float* parts) {
  constexpr int kResults = Tile::kQuads * kQuad;
  alignas(16) __shared__ typename Tile::Shared a_tiles[2];
  alignas(16) __shared__ typename Tile::Shared b_tiles[2];
  const Block block(extents, Tile::kSide, Tile::kSide, part_depth);
  Stage<Tile, V, A> a_stage(a, block.z, block.first_row, extents.rows);
  Stage<Tile, V, B> b_stage(b, block.z, block.first_column, extents.columns);
  const int my_row = static_cast<int>(threadIdx.x) / 16 * kQuad;
  const int my_column = static_cast<int>(threadIdx.x) % 16 * kQuad;
  float sums[kResults][kResults] = {};

  a_stage.fetch(block.begin, block.end);
  b_stage.fetch(block.begin, block.end);
  int now = 0;
  for (int k = block.begin; k < block.end; k += Tile::kDepth) {
    // The other pair of tiles may still be read by threads that are behind, this one no more: they
    // all went through the barrier after that.
    a_stage.put(a_tiles[now]);
    b_stage.put(b_tiles[now]);
    __syncthreads();
    if (k + Tile::kDepth < block.end) {
      a_stage.fetch(k + Tile::kDepth, block.end);
      b_stage.fetch(k + Tile::kDepth, block.end);
    }
    for (int d = 0; d < Tile::kDepth; ++d) {
      float rows[kResults], columns[kResults];
      for (int q = 0; q < Tile::kQuads; ++q) {
        const auto four_rows = load_vec<kQuad>(&a_tiles[now][d][q * Tile::kBand + my_row]);
        const auto four_columns = load_vec<kQuad>(&b_tiles[now][d][q * Tile::kBand + my_column]);
        for (int i = 0; i < kQuad; ++i) {
          rows[q * kQuad + i] = four_rows.v[i];
          columns[q * kQuad + i] = four_columns.v[i];
        }
      }
      for (int i = 0; i < kResults; ++i) {
        for (int j = 0; j < kResults; ++j) sums[i][j] += rows[i] * columns[j];
      }
    }
    now = 1 - now;
  }

  const Results<Sink> results{sink, extents, parts};
#pragma unroll  // sums are in registers, which have no indices: all must be known to the compiler
  for (int i = 0; i < kResults; ++i) {
    const int row = block.first_row + i / kQuad * Tile::kBand + my_row + i % kQuad;
    for (int q = 0; q < Tile::kQuads; ++q) {
      const int column = block.first_column + q * Tile::kBand + my_column;
      Vec<float, kQuad> four;
      for (int j = 0; j < kQuad; ++j) four.v[j] = sums[i][q * kQuad + j];
      results.store(block.z, row, column, four);
    }
  }
}

template <class Tile, int V, class A, class B, class Sink>
void launch_registers(Backend& backend, const A& a, const B& b, const Extents& extents,
                      const Sink& sink) {
  launch_in_parts(backend, product_registers<Tile, V, A, B, Sink>, Tile::kSize, Tile::kDepth, 0, a,
                  b, extents, sink);
}

}  // namespace tailor::cuda
