// A product's fifth and sixth step, by tensor cores: an instruction of a warp multiplies a fragment
// of 16 x 16 by one of 8 x 16, where before a thread multiplied two numbers ("tensor"). Tiles stay
// in shared memory as they are in global memory, so that copies need no registers. In the sixth
// step copies are three depths ahead of the products, and wait for nobody ("pipelined").
//
// bf16 numbers are multiplied as they are. An f32 is the sum of three bf16, 8 bits of its 24 each,
// and of their nine products the six largest are added: what is left out is below 2^-23 of the
// product (Henry, Tang and Heinecke, "Leveraging the bfloat16 artificial intelligence datatype for
// higher-precision computations", 2019). That is so of numbers from 2^-110 on, as bf16 does not
// hold the lower pieces of smaller ones. What is infinite, or rounds to it in bf16 (from 0x1.ffp127
// on), gives NaN.
#pragma once

#include <bit>

#include "kernels/cuda/product.h"
#include "kernels/cuda/ptx.h"

namespace tailor::cuda {

constexpr int kFragment = 16;  // its lines, and its steps

/// The sizes of a tile: kRows x kColumns results by eight warps, kWarpRows x kWarpColumns each, and
/// kDepth steps of their sums, 64 bytes of a line.
template <class T_, int kRows_, int kColumns_, int kWarpRows_, int kWarpColumns_, int kBlocksAtOnce>
struct TensorTile {
  using T = T_;
  static constexpr int kRows = kRows_, kColumns = kColumns_;
  static constexpr int kWarpRows = kWarpRows_, kWarpColumns = kWarpColumns_;
  /// Tensor cores cut sums off instead of rounding them, so that long ones of numbers of one sign
  /// drift towards zero: by 2.5e-6 of 2048 products, 2e-5 of 16384. Parts are added with rounding.
  /// Beside what a bf16 result loses that is nothing.
  static constexpr int kMostDepth = sizeof(T) == sizeof(float) ? 2048 : INT_MAX;
  static constexpr TileSize kSize{kRows, kColumns, kBlocksAtOnce, kMostDepth};
  static constexpr int kDepth = 64 / sizeof(T);
  static constexpr int kWarpsAlong = kColumns / kWarpColumns;
  static_assert(kRows / kWarpRows * kWarpsAlong == kTileThreads / kWarp);
};

/// 16 lines by 16 steps, spread over the lanes of a warp as ptx.h says: bf16 as they are, f32 as
/// the sum of three pieces.
template <class T>
struct Fragment {
  static constexpr int kPieces = sizeof(T) == sizeof(float) ? 3 : 1;

  uint32_t pieces[kPieces][4];

  /// Two neighbours of f32: each piece holds what the ones before it left.
  __device__ __forceinline__ void split(int r, Vec<float, 2> x) {
    for (int piece = 0; piece < kPieces; ++piece) {
      pieces[piece][r] = pack_bf16(x.v[0], x.v[1]);
      x.v[0] -= std::bit_cast<float>(pieces[piece][r] << 16);
      x.v[1] -= std::bit_cast<float>(pieces[piece][r] & 0xFFFF0000);
    }
  }
};

/// 16 x 8 results. Products with a small piece of an f32 add up by themselves, so that little is
/// cut off them; of bf16 there are none, and `small` is there because an array cannot be empty.
template <class T>
struct TensorSums {
  float large[4];
  float small[Fragment<T>::kPieces > 1 ? 4 : 1];

  /// Adds the products of a with one half of b's lines.
  __device__ __forceinline__ void add(const Fragment<T>& a, const Fragment<T>& b, int half) {
    const auto multiply = [&](float(&sums)[4], int i, int j) {
      const uint32_t of_b[2] = {b.pieces[j][half], b.pieces[j][half + 2]};
      multiply_matrices(sums, a.pieces[i], of_b);
    };
    multiply(large, 0, 0);
    if constexpr (Fragment<T>::kPieces > 1) {
      multiply(small, 0, 1);
      multiply(small, 1, 0);
      multiply(small, 1, 1);
      multiply(small, 0, 2);
      multiply(small, 2, 0);
    }
  }

  __device__ __forceinline__ float result(int i) const {
    if constexpr (Fragment<T>::kPieces > 1) return large[i] + small[i];
    return large[i];
  }
};

/// kLines lines of a source in shared memory, kDepth steps: neighbours are what they are in global
/// memory, in pieces of 16 bytes. The pieces of a line (or a step) are in another order in the next
/// ones ("swizzled"), so that those which a warp reads or writes at once lie in different banks.
template <class T, int kLines, int kDepth, bool kAlongDepth>
struct SharedTile {
  static constexpr int kCount = kLines * kDepth;

  __device__ __forceinline__ static int at(int line, int step) {
    constexpr int kTogether = kVecWidth<T>;
    constexpr bool kOfMatrices = sizeof(T) == sizeof(bf16);  // read by load_matrices
    if constexpr (kAlongDepth) {
      // Four pieces a line. Eight lines are read at once of bf16, of f32 four, two pieces each.
      const int other = kOfMatrices ? line / 2 % 4 : line / 2 % 2 * 2;
      return line * kDepth + (step / kTogether ^ other) * kTogether + step % kTogether;
    } else {
      // Eight steps are read at once of bf16, of f32 every other one, two pieces each.
      const int other = kOfMatrices ? step % 8 : step / 2 % 4 * 2;
      return step * kLines + (line / kTogether ^ other) * kTogether + line % kTogether;
    }
  }

  /// The 16 lines and steps from these on.
  __device__ __forceinline__ static Fragment<T> fragment(const T* tile, int line, int step) {
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    Fragment<T> fragment;
    if constexpr (Fragment<T>::kPieces == 1) {
      const int matrix = lane / 8;
      line += matrix % 2 * 8 + (kAlongDepth ? lane % 8 : 0);
      step += matrix / 2 * 8 + (kAlongDepth ? 0 : lane % 8);
      load_matrices<!kAlongDepth>(fragment.pieces[0], tile + at(line, step));
    } else {
      for (int r = 0; r < 4; ++r) {
        const int l = line + lane / 4 + r % 2 * 8, s = step + lane % 4 * 2 + r / 2 * 8;
        if constexpr (kAlongDepth) {
          fragment.split(r, load_vec<2>(tile + at(l, s)));
        } else {
          fragment.split(r, {{tile[at(l, s)], tile[at(l, s + 1)]}});
        }
      }
    }
    return fragment;
  }
};

/// 16 rows of a warp's results in shared memory, where a lane writes two neighbours and reads four.
/// Swizzled as well: four rows are written at once, two fours each, and eight fours read.
template <int kColumns>
struct ResultRows {
  static constexpr int kCount = kFragment * kColumns;

  __device__ __forceinline__ static int at(int row, int column) {
    const int other = kColumns == 16 ? row / 2 % 2 * 2 : row % 4 * 2;
    return row * kColumns + (column / kQuad ^ other) * kQuad + column % kQuad;
  }
};

/// Shared memory of a block: kStages tiles of a and b; after that the results of its warps.
template <class Tile, int kStages, class A, class B>
struct TensorMemory {
  using T = typename Tile::T;
  using ATile = SharedTile<T, Tile::kRows, Tile::kDepth, A::kAlongDepth>;
  using BTile = SharedTile<T, Tile::kColumns, Tile::kDepth, B::kAlongDepth>;
  static constexpr int kStageCount = ATile::kCount + BTile::kCount;
  using Rows = ResultRows<Tile::kWarpColumns>;
  static constexpr size_t kBytes = std::max(kStages * kStageCount * sizeof(T),
                                            kTileThreads / kWarp * Rows::kCount * sizeof(float));
  static_assert(kBytes <= size_t{99} << 10, "more than a block can have on some GPUs");
};

template <class Tile, int kStages, class A, class B, class Sink>
__global__ void __launch_bounds__(kTileThreads, Tile::kSize.blocks_at_once)
    product_tensor(A a, B b, Sink sink, Extents extents, int part_depth, float* parts) {
  using T = typename Tile::T;
  using Memory = TensorMemory<Tile, kStages, A, B>;
  using ATile = typename Memory::ATile;
  using BTile = typename Memory::BTile;
  using APieces = Pieces<Tile::kRows, Tile::kDepth, kVecWidth<T>, A>;
  using BPieces = Pieces<Tile::kColumns, Tile::kDepth, kVecWidth<T>, B>;
  constexpr int kRowFragments = Tile::kWarpRows / kFragment;
  constexpr int kColumnFragments = Tile::kWarpColumns / kFragment;
  constexpr int kAhead = kStages - 1;  // how many tiles are copied before they are needed

  DYNAMIC_SHARED(T, tiles);
  const Block block(extents, Tile::kRows, Tile::kColumns, part_depth);
  const APieces of_a(a, block.z, block.first_row, extents.rows);
  const BPieces of_b(b, block.z, block.first_column, extents.columns);
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int my_row = warp / Tile::kWarpsAlong * Tile::kWarpRows;
  const int my_column = warp % Tile::kWarpsAlong * Tile::kWarpColumns;
  TensorSums<T> sums[kRowFragments][2 * kColumnFragments] = {};

  const auto start = [&](int number) {
    const int k = block.begin + number * Tile::kDepth;
    T* const a_tile = tiles + number % kStages * Memory::kStageCount;
    for (int i = 0; i < APieces::kEach; ++i) {
      const T* from = of_a.at(i, k, block.end);
      start_copy(a_tile + ATile::at(of_a.line(i), of_a.step(i)), from, from != nullptr);
    }
    for (int i = 0; i < BPieces::kEach; ++i) {
      const T* from = of_b.at(i, k, block.end);
      start_copy(a_tile + ATile::kCount + BTile::at(of_b.line(i), of_b.step(i)), from,
                 from != nullptr);
    }
  };

  const int count = (block.end - block.begin + Tile::kDepth - 1) / Tile::kDepth;
  for (int number = 0; number < kAhead; ++number) {
    if (number < count) start(number);
    commit_copies();
  }
  for (int number = 0; number < count; ++number) {
    if constexpr (kAhead == 0) {
      __syncthreads();  // nobody reads the tiles any more
      start(number);
      commit_copies();
    }
    wait_for_copies<(kAhead > 0 ? kAhead - 1 : 0)>();
    __syncthreads();  // the tiles are there, and nobody reads the ones before them any more
    if constexpr (kAhead > 0) {
      if (number + kAhead < count) start(number + kAhead);
      commit_copies();
    }
    const T* const a_tile = tiles + number % kStages * Memory::kStageCount;
    const T* const b_tile = a_tile + ATile::kCount;
#pragma unroll  // here and below: fragments are in registers, which have no indices
    for (int step = 0; step < Tile::kDepth; step += kFragment) {
      Fragment<T> columns[kColumnFragments];
#pragma unroll
      for (int j = 0; j < kColumnFragments; ++j) {
        columns[j] = BTile::fragment(b_tile, my_column + j * kFragment, step);
      }
#pragma unroll
      for (int i = 0; i < kRowFragments; ++i) {
        const Fragment<T> rows = ATile::fragment(a_tile, my_row + i * kFragment, step);
#pragma unroll
        for (int j = 0; j < 2 * kColumnFragments; ++j) sums[i][j].add(rows, columns[j / 2], j % 2);
      }
    }
  }

  // A lane has two neighbours of a row. By way of shared memory it gets four, and those beside it
  // the next ones, so that results are stored in whole sectors.
  const Results<Sink> results{sink, extents, parts};
  __syncthreads();  // nobody reads the tiles any more
  using Rows = typename Memory::Rows;
  float* const mine = reinterpret_cast<float*>(tiles) + warp * Rows::kCount;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
#pragma unroll
  for (int i = 0; i < kRowFragments; ++i) {
#pragma unroll
    for (int j = 0; j < 2 * kColumnFragments; ++j) {
      const int row = lane / 4, column = j * 8 + lane % 4 * 2;
      const TensorSums<T>& of = sums[i][j];
      store_vec(mine + Rows::at(row, column), Vec<float, 2>{{of.result(0), of.result(1)}});
      store_vec(mine + Rows::at(row + 8, column), Vec<float, 2>{{of.result(2), of.result(3)}});
    }
    __syncwarp();
    constexpr int kQuads = Tile::kWarpColumns / kQuad;
    for (int quad = lane; quad < kFragment * kQuads; quad += kWarp) {
      const int row = quad / kQuads, column = quad % kQuads * kQuad;
      results.store(block.z, block.first_row + my_row + i * kFragment + row,
                    block.first_column + my_column + column,
                    load_vec<kQuad>(mine + Rows::at(row, column)));
    }
    __syncwarp();
  }
}

template <class Tile, int kStages, class A, class B, class Sink>
void launch_tensor(Backend& backend, const A& a, const B& b, const Extents& extents,
                   const Sink& sink) {
  launch_in_parts(backend, product_tensor<Tile, kStages, A, B, Sink>, Tile::kSize, Tile::kDepth,
                  TensorMemory<Tile, kStages, A, B>::kBytes, a, b, extents, sink);
}

}  // namespace tailor::cuda
