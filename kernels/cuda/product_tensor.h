// A product's fifth and sixth step, by tensor cores: an instruction of a warp multiplies a fragment
// of 16 x 16 by one of 8 x 16, where before a thread multiplied two numbers ("tensor"). Tiles stay
// in shared memory as they are in global memory, so that copies need no registers. In the sixth
// step
// ("pipelined") copies are three depths ahead of the products, and wait for nobody.
//
// bf16 numbers are multiplied as they are. An f32 is the sum of three bf16, 8 bits of its 24 each,
// and of their nine products the six largest are added: what is left out is below 2^-23 of the
// product (Henry, Tang and Heinecke, "Leveraging the bfloat16 artificial intelligence datatype for
// higher-precision computations", 2019). An infinite f32 gives NaN.
#pragma once

#include <bit>

#include "kernels/cuda/product.h"
#include "kernels/cuda/ptx.h"

namespace tailor::cuda {

constexpr int kLines = 16;  // of a fragment, and its steps

/// The sizes of a tile: kSide x kSide results by 2 x 4 warps, kDepth steps of their sums, 64 bytes
/// of a line.
template <class T, int kSide_>
struct TensorTile {
  static constexpr int kSide = kSide_;
  static constexpr int kDepth = 64 / sizeof(T);
  static constexpr int kWarpsAlong = 4;
  static constexpr int kWarpRows = kSide / 2;
  static constexpr int kWarpColumns = kSide / kWarpsAlong;
};

/// 16 lines by 16 steps, spread over the lanes of a warp as ptx.h says: bf16 as they are, f32 as
/// the sum of three parts.
template <class T>
struct Fragment {
  static constexpr int kParts = sizeof(T) == sizeof(float) ? 3 : 1;

  uint32_t parts[kParts][4];

  /// Two neighbours of f32, each part what the ones before it left.
  __device__ __forceinline__ void split(int r, Vec<float, 2> x) {
    for (int part = 0; part < kParts; ++part) {
      parts[part][r] = pack_bf16(x.v[0], x.v[1]);
      x.v[0] -= std::bit_cast<float>(parts[part][r] << 16);
      x.v[1] -= std::bit_cast<float>(parts[part][r] & 0xFFFF0000);
    }
  }
};

/// 16 x 8 results. Products with a small part of an f32 add up by themselves, so that little is cut
/// off them.
template <class T>
struct TensorSums {
  float large[4];
  float small[Fragment<T>::kParts > 1 ? 4 : 1];

  /// Adds the products of a with one half of b's lines.
  __device__ __forceinline__ void add(const Fragment<T>& a, const Fragment<T>& b, int half) {
    const auto multiply = [&](float(&sums)[4], int i, int j) {
      const uint32_t of_b[2] = {b.parts[j][half], b.parts[j][half + 2]};
      multiply_matrices(sums, a.parts[i], of_b);
    };
    multiply(large, 0, 0);
    if constexpr (Fragment<T>::kParts > 1) {
      multiply(small, 0, 1);
      multiply(small, 1, 0);
      multiply(small, 1, 1);
      multiply(small, 0, 2);
      multiply(small, 2, 0);
    }
  }

  __device__ __forceinline__ float result(int i) const {
    if constexpr (Fragment<T>::kParts > 1) return large[i] + small[i];
    return large[i];
  }
};

/// A tile of a source in shared memory: neighbours are what they are in global memory.
template <class Tile, class Source>
struct SharedTile {
  using T = typename Source::Element;
  static constexpr bool kAlongDepth = Source::kAlongDepth;
  /// From one line, or step, to the next. With so much more than there is the lanes of a warp,
  /// which read from several at once, hit other banks.
  static constexpr int kPitch = kAlongDepth ? Tile::kDepth + 8 : Tile::kSide + kVecWidth<T>;
  static constexpr int kCount = (kAlongDepth ? Tile::kSide : Tile::kDepth) * kPitch;

  __device__ __forceinline__ static int at(int line, int step) {
    return kAlongDepth ? line * kPitch + step : step * kPitch + line;
  }

  /// The 16 lines and steps from these on.
  __device__ __forceinline__ static Fragment<T> fragment(const T* tile, int line, int step) {
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    Fragment<T> fragment;
    if constexpr (Fragment<T>::kParts == 1) {
      const int matrix = lane / 8;
      line += matrix % 2 * 8 + (kAlongDepth ? lane % 8 : 0);
      step += matrix / 2 * 8 + (kAlongDepth ? 0 : lane % 8);
      load_matrices<!kAlongDepth>(fragment.parts[0], tile + at(line, step));
    } else {
      line += lane / 4;
      step += lane % 4 * 2;
      for (int r = 0; r < 4; ++r) {
        const T* from = tile + at(line + r % 2 * 8, step + r / 2 * 8);
        if constexpr (kAlongDepth) {
          fragment.split(r, load_vec<2>(from));
        } else {
          fragment.split(r, {{from[0], from[kPitch]}});
        }
      }
    }
    return fragment;
  }
};

/// Shared memory of a block: kStages tiles of a and b; after that the results of the warps, 16 rows
/// each.
template <class Tile, int kStages, class A, class B>
struct TensorMemory {
  static constexpr int kStageCount = SharedTile<Tile, A>::kCount + SharedTile<Tile, B>::kCount;
  static constexpr int kRowPitch = Tile::kWarpColumns + 8;  // so that rows lie in other banks
  static constexpr size_t kBytes =
      std::max(kStages * kStageCount * sizeof(typename A::Element),
               kTileThreads / kWarp * kLines * kRowPitch * sizeof(float));
};

template <class Tile, int kStages, class A, class B, class Sink>
__global__ void __launch_bounds__(kTileThreads)
    product_tensor(A a, B b, Sink sink, Extents extents, int part_depth, float* parts) {
  using T = typename A::Element;
  using Memory = TensorMemory<Tile, kStages, A, B>;
  using ATile = SharedTile<Tile, A>;
  using BTile = SharedTile<Tile, B>;
  using APieces = Pieces<Tile::kSide, Tile::kDepth, kVecWidth<T>, A>;
  using BPieces = Pieces<Tile::kSide, Tile::kDepth, kVecWidth<T>, B>;
  constexpr int kRowFragments = Tile::kWarpRows / kLines;
  constexpr int kColumnFragments = Tile::kWarpColumns / kLines;
  constexpr int kAhead = kStages - 1;  // how many tiles are copied before they are needed

  DYNAMIC_SHARED(T, tiles);
  const Block block(extents, Tile::kSide, part_depth);
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
    for (int step = 0; step < Tile::kDepth; step += kLines) {
      Fragment<T> columns[kColumnFragments];
#pragma unroll
      for (int j = 0; j < kColumnFragments; ++j) {
        columns[j] = BTile::fragment(b_tile, my_column + j * kLines, step);
      }
#pragma unroll
      for (int i = 0; i < kRowFragments; ++i) {
        const Fragment<T> rows = ATile::fragment(a_tile, my_row + i * kLines, step);
#pragma unroll
        for (int j = 0; j < 2 * kColumnFragments; ++j) sums[i][j].add(rows, columns[j / 2], j % 2);
      }
    }
  }

  // A lane has two neighbours of a row. By way of shared memory it gets four, and those beside it
  // the next ones, so that results are stored in whole sectors.
  const Results<Sink> results{sink, extents, parts};
  __syncthreads();  // nobody reads the tiles any more
  float* const mine = reinterpret_cast<float*>(tiles) + warp * kLines * Memory::kRowPitch;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
#pragma unroll
  for (int i = 0; i < kRowFragments; ++i) {
#pragma unroll
    for (int j = 0; j < 2 * kColumnFragments; ++j) {
      float* const to = mine + lane / 4 * Memory::kRowPitch + j * 8 + lane % 4 * 2;
      const TensorSums<T>& of = sums[i][j];
      store_vec(to, Vec<float, 2>{{of.result(0), of.result(1)}});
      store_vec(to + 8 * Memory::kRowPitch, Vec<float, 2>{{of.result(2), of.result(3)}});
    }
    __syncwarp();
    constexpr int kQuads = Tile::kWarpColumns / kQuad;
    for (int quad = lane; quad < kLines * kQuads; quad += kWarp) {
      const int row = quad / kQuads, column = quad % kQuads * kQuad;
      results.store(block.z, block.first_row + my_row + i * kLines + row,
                    block.first_column + my_column + column,
                    load_vec<kQuad>(mine + row * Memory::kRowPitch + column));
    }
    __syncwarp();
  }
}

template <class Tile, int kStages, class A, class B, class Sink>
void launch_tensor(Backend& backend, const A& a, const B& b, const Extents& extents,
                   const Sink& sink) {
  launch_in_parts(backend, product_tensor<Tile, kStages, A, B, Sink>, Tile::kSide, Tile::kDepth,
                  TensorMemory<Tile, kStages, A, B>::kBytes, a, b, extents, sink);
}

}  // namespace tailor::cuda
