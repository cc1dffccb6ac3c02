// The tiled product behind matmul and all directions of convolution:
//
//   result[z][row][column] = sum over k of a(z, row, k) * b(z, column, k)
//
// The naive kernel reads both factors of each product from global memory. Here a block of 256
// threads computes a square tile of results. For a few k at a time it copies its share of a and b
// to shared memory, where each number is used by a whole row or column of the tile; and each thread
// computes 4 x 4 or 8 x 8 results in registers, so that a number read from shared memory serves 4
// or 8 products. While one step is multiplied, the numbers of the next are on their way.
//
// Where a and b come from is told by sources, and where sums go by a sink, small structs:
//
//   struct Source {
//     static constexpr bool kAlongDepth;  // neighbours in memory are k, k + 1, ...; else lines
//     struct Line;  // what the elements of a row of a or a column of b share
//     Line line(int z, int i) const;  // found once, ahead of the loop over k
//     Vec<float, V> load<V>(const Line&, int k) const;  // V neighbours, the first at (line, k)
//   };
//   struct Sink {
//     // The first `count` of four neighbours in a row.
//     void store(int z, int row, int column, Vec<float, 4> sums, int count) const;
//   };
#pragma once

#include <algorithm>

#include "kernels/cuda/epilogue.h"
#include "kernels/cuda/launch.h"

namespace tailor::cuda {

constexpr int kTileThreads = 256;  // 16 x 16

/// The sizes of a tile: kSide x kSide results, kDepth steps of their sums in shared memory.
template <int kQuads_, int kDepth_>
struct Tile {
  static constexpr int kQuads = kQuads_;  ///< of rows and of columns, for each thread
  static constexpr int kBand = 16 * kQuad;
  static constexpr int kSide = kQuads * kBand;
  static constexpr int kDepth = kDepth_;
  /// From one k to the next in shared memory. The four more make neighbouring lanes, which store to
  /// several k at once, hit other banks.
  static constexpr int kPitch = kSide + 4;
  using Shared = float[kDepth][kPitch];
};
using SmallTile = Tile<1, 16>;
using LargeTile = Tile<2, 8>;

/// One thread's part in copying the tiles of a source to shared memory, in pieces of V neighbours.
/// Neighbouring threads take neighbours in memory. The lines of a thread stay the same over all k.
template <class Tile, int V, class Source>
class Stage {
 public:
  __device__ __forceinline__ Stage(const Source& source, int z, int first_line, int lines)
      : source_(source) {
    for (int i = 0; i < kPieces; ++i) {
      const int line = first_line + line_of(i);
      inside_[i] = line < lines;
      lines_[i] = source.line(z, line);
    }
  }

  /// Starts reading the steps k to k + kDepth - 1; zeros where the source ends.
  __device__ __forceinline__ void fetch(int k, int depth) {
    for (int i = 0; i < kPieces; ++i) {
      const int at = k + depth_of(i);
      if (inside_[i] && at < depth) {
        pieces_[i] = source_.template load<V>(lines_[i], at);
      } else {
        pieces_[i] = {};
      }
    }
  }

  __device__ __forceinline__ void put(typename Tile::Shared& tile) const {
    for (int i = 0; i < kPieces; ++i) {
      if constexpr (Source::kAlongDepth) {
        for (int j = 0; j < V; ++j) tile[depth_of(i) + j][line_of(i)] = pieces_[i].v[j];
      } else {
        store_vec(&tile[depth_of(i)][line_of(i)], pieces_[i]);
      }
    }
  }

 private:
  static constexpr int kPieces = Tile::kSide * Tile::kDepth / (V * kTileThreads);
  static constexpr int kPerRun = (Source::kAlongDepth ? Tile::kDepth : Tile::kSide) / V;

  __device__ __forceinline__ static int piece(int i) {
    return static_cast<int>(threadIdx.x) + i * kTileThreads;
  }
  __device__ __forceinline__ static int line_of(int i) {
    return Source::kAlongDepth ? piece(i) / kPerRun : piece(i) % kPerRun * V;
  }
  __device__ __forceinline__ static int depth_of(int i) {
    return Source::kAlongDepth ? piece(i) % kPerRun * V : piece(i) / kPerRun;
  }

  const Source& source_;
  typename Source::Line lines_[kPieces];
  bool inside_[kPieces];
  Vec<float, V> pieces_[kPieces];
};

/// The results of a product: `count` matrices [rows, columns], each a sum over `depth` steps.
struct Extents {
  int count, rows, columns, depth;
};

/// blockIdx: x the tile, its columns first, so that neighbouring blocks share a's lines; y is z; z
/// the part of the sum, `part_depth` long. With several parts, `parts` [part, count, rows, columns]
/// gets their sums and the sink nothing.
template <class Tile, int V, class A, class B, class Sink>
__global__ void __launch_bounds__(kTileThreads)
    tile_product(A a, B b, Sink sink, Extents extents, int part_depth, float* parts) {
  constexpr int kResults = Tile::kQuads * kQuad;
  alignas(16) __shared__ typename Tile::Shared a_tiles[2];
  alignas(16) __shared__ typename Tile::Shared b_tiles[2];
  const int column_tiles = (extents.columns + Tile::kSide - 1) / Tile::kSide;
  const int first_row = static_cast<int>(blockIdx.x) / column_tiles * Tile::kSide;
  const int first_column = static_cast<int>(blockIdx.x) % column_tiles * Tile::kSide;
  const int z = static_cast<int>(blockIdx.y);
  const int begin = static_cast<int>(blockIdx.z) * part_depth;
  const int end = extents.depth - begin < part_depth ? extents.depth : begin + part_depth;

  Stage<Tile, V, A> a_stage(a, z, first_row, extents.rows);
  Stage<Tile, V, B> b_stage(b, z, first_column, extents.columns);
  const int my_row = static_cast<int>(threadIdx.x) / 16 * kQuad;
  const int my_column = static_cast<int>(threadIdx.x) % 16 * kQuad;
  float sums[kResults][kResults] = {};

  a_stage.fetch(begin, end);
  b_stage.fetch(begin, end);
  int now = 0;
  for (int k = begin; k < end; k += Tile::kDepth) {
    // The other pair of tiles may still be read by threads that are behind, this one no more: they
    // all went through the barrier after that.
    a_stage.put(a_tiles[now]);
    b_stage.put(b_tiles[now]);
    __syncthreads();
    if (k + Tile::kDepth < end) {
      a_stage.fetch(k + Tile::kDepth, end);
      b_stage.fetch(k + Tile::kDepth, end);
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

#pragma unroll  // sums are in registers, which have no indices: all must be known to the compiler
  for (int i = 0; i < kResults; ++i) {
    const int row = first_row + i / kQuad * Tile::kBand + my_row + i % kQuad;
    for (int q = 0; q < Tile::kQuads; ++q) {
      const int column = first_column + q * Tile::kBand + my_column;
      const int count = extents.columns - column < kQuad ? extents.columns - column : kQuad;
      if (row >= extents.rows || count <= 0) continue;
      if (parts == nullptr) {
        Vec<float, kQuad> four;
        for (int j = 0; j < kQuad; ++j) four.v[j] = sums[i][q * kQuad + j];
        sink.store(z, row, column, four, count);
      } else {
        const int64_t matrix = int64_t{blockIdx.z} * extents.count + z;
        float* to = parts + (matrix * extents.rows + row) * extents.columns + column;
        for (int j = 0; j < kQuad; ++j) {
          if (j < count) to[j] = sums[i][q * kQuad + j];
        }
      }
    }
  }
}

/// A thread adds the parts of four neighbouring results in their order, and passes on the sums.
template <class Sink>
__global__ void add_parts(const float* parts, int number_of_parts, Extents extents, Sink sink) {
  const int quads = (extents.columns + kQuad - 1) / kQuad;
  const int64_t results = int64_t{extents.count} * extents.rows * extents.columns;
  const int64_t all = int64_t{extents.count} * extents.rows * quads;
  for (int64_t i = grid_thread(); i < all; i += grid_threads()) {
    const int column = static_cast<int>(i % quads) * kQuad;
    const int64_t line = i / quads;
    const int count = extents.columns - column < kQuad ? extents.columns - column : kQuad;
    Vec<float, kQuad> sums{};
    for (int part = 0; part < number_of_parts; ++part) {
      const float* from = parts + part * results + line * extents.columns + column;
      for (int j = 0; j < kQuad; ++j) {
        if (j < count) sums.v[j] += from[j];
      }
    }
    sink.store(static_cast<int>(line / extents.rows), static_cast<int>(line % extents.rows), column,
               sums, count);
  }
}

template <class Sink>
void launch_add_parts(Backend& backend, const float* parts, int number_of_parts,
                      const Extents& extents, const Sink& sink) {
  const int64_t quads = (extents.columns + kQuad - 1) / kQuad;
  const int64_t threads = int64_t{extents.count} * extents.rows * quads;
  launch(backend, {blocks_for(threads, kTileThreads), kTileThreads}, add_parts<Sink>)(
      parts, number_of_parts, extents, sink);
}

/// How many parts a long sum is cut into where there are too few results to keep a GPU busy. It
/// depends on the sizes alone, so that results are the same on every GPU.
inline int64_t parts_for(int64_t blocks, int64_t depth, int64_t least_depth) {
  constexpr int64_t kEnoughBlocks = 512;  // about four for each multiprocessor of a large GPU
  return std::max<int64_t>(1, std::min(kEnoughBlocks / blocks, depth / least_depth));
}

template <class Tile, int V, class A, class B, class Sink>
void launch_product(Backend& backend, const A& a, const B& b, const Extents& extents,
                    const Sink& sink) {
  constexpr int kLeastDepth = 128;
  const auto tiles = [](int64_t extent) { return (extent + Tile::kSide - 1) / Tile::kSide; };
  const int64_t blocks = tiles(extents.rows) * tiles(extents.columns);
  const int64_t wanted = parts_for(blocks * extents.count, extents.depth, kLeastDepth);
  const int64_t steps = (extents.depth + Tile::kDepth - 1) / Tile::kDepth;
  const int64_t part_steps = std::max<int64_t>(1, (steps + wanted - 1) / wanted);
  const int64_t number = std::max<int64_t>(1, (steps + part_steps - 1) / part_steps);
  float* parts = nullptr;
  if (number > 1) {
    parts =
        as_cuda(backend).scratch_of<float>(number * extents.count * extents.rows * extents.columns);
  }
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(extents.count),
                  static_cast<unsigned>(number));
  launch(backend, {grid, kTileThreads}, tile_product<Tile, V, A, B, Sink>)(
      a, b, sink, extents, static_cast<int>(part_steps) * Tile::kDepth, parts);
  if (number > 1) {
    launch_add_parts(backend, parts, static_cast<int>(number), extents, sink);
  }
}

/// Whether launch_tiled can take a product of these extents.
inline bool tiles_can_take(int64_t count, int64_t rows, int64_t columns, int64_t depth) {
  constexpr int64_t kMost = (int64_t{1} << 31) - 256;  // what is in a tile behind the end fits too
  const int64_t blocks = (rows / SmallTile::kSide + 1) * (columns / SmallTile::kSide + 1);
  return count < 1 << 16 && rows < kMost && columns < kMost && depth < kMost && blocks < kMost;
}

/// The product by the tile that fits best. `vectors`: in both sources, four neighbours that begin
/// at a multiple of four are in one aligned piece of memory, and none are beyond the end.
template <class A, class B, class Sink>
void launch_tiled(Backend& backend, const A& a, const B& b, const Extents& extents,
                  const Sink& sink, bool vectors) {
  if (int64_t{extents.count} * extents.rows * extents.columns == 0) return;
  // A large tile does twice as many products for each number it reads, unless its threads work on
  // what lies beyond the edges.
  const auto covered = [&](int64_t side) {
    return (extents.rows + side - 1) / side * side * ((extents.columns + side - 1) / side * side);
  };
  if (!vectors) {
    launch_product<SmallTile, 1>(backend, a, b, extents, sink);
  } else if (covered(LargeTile::kSide) * 4 > covered(SmallTile::kSide) * 5) {
    launch_product<SmallTile, kQuad>(backend, a, b, extents, sink);
  } else {
    launch_product<LargeTile, kQuad>(backend, a, b, extents, sink);
  }
}

/// Matrices in memory: element k of a line is at line * pitch + k when they lie along the depth,
/// else at k * pitch + line.
template <class T, bool kAlongDepth_>
struct MatrixSource {
  static constexpr bool kAlongDepth = kAlongDepth_;
  using Line = const T*;

  const T* data;
  int64_t z_step;
  int64_t pitch;

  __device__ __forceinline__ Line line(int z, int i) const {
    return data + z * z_step + i * (kAlongDepth ? pitch : 1);
  }
  template <int V>
  __device__ __forceinline__ Vec<float, V> load(Line line, int k) const {
    return load_f32<V>(line + k * (kAlongDepth ? 1 : pitch));
  }
};

/// Matrices [rows, columns], behind an epilogue.
template <class T>
struct MatrixSink {
  Output<T> output;
  int64_t z_step;
  int64_t pitch;
  int channel_step;  ///< in the bias, from one z to the next
  bool vectors;      ///< whether columns come in whole and aligned fours

  __device__ __forceinline__ void store(int z, int row, int column, const Vec<float, kQuad>& sums,
                                        int count) const {
    output.store_quad(z * z_step + row * pitch + column, int64_t{z} * channel_step + column, sums,
                      count, vectors);
  }
};

}  // namespace tailor::cuda
