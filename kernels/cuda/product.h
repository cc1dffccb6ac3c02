// Products of matrices, in the form that all steps of their ladder (ladder.h) and all directions
// of convolution share:
//
//   result[z][row][column] = sum over k of a(z, row, k) * b(z, column, k)
//
// Where a and b come from is told by sources, and where sums go by a sink, small structs:
//
//   struct Source {
//     using Element = T;
//     static constexpr bool kAlongDepth;  // neighbours in memory are k, k + 1, ...; else lines
//     struct Line;  // what the elements of a row of a or a column of b share
//     Line line(int z, int i) const;  // found once, ahead of the loop over k
//     // That element, and behind it those that a step reads together with it. nullptr: all zeros.
//     const T* at(const Line&, int k) const;
//   };
//   struct Sink {
//     // The first `count` of four neighbours in a row.
//     void store(int z, int row, int column, Vec<float, 4> sums, int count) const;
//   };
#pragma once

#include <algorithm>
#include <climits>

#include "kernels/cuda/epilogue.h"
#include "kernels/cuda/launch.h"

namespace tailor::cuda {

/// The ladder's steps, each a kernel that takes sources and a sink. (The first is naive, which is
/// beside the definition of each operation.)
enum class Step : uint8_t {
  tiled,      ///< both matrices come by way of shared memory
  registers,  ///< a thread computes several results
  vector,     ///< copies of 16 bytes
  tensor,     ///< products by tensor cores
  pipelined,  ///< copies run ahead of the products
};

/// How many neighbours a step reads at once: at every place that a source can tell, they begin at a
/// multiple of so many, in aligned memory, and none is beyond the end.
template <Step kStep, class T>
constexpr int kPiece = kStep == Step::tiled || kStep == Step::registers ? 1
                       : kStep == Step::vector                          ? kQuad
                                                                        : kVecWidth<T>;

constexpr int kTileThreads = 256;  // of a block that computes a tile of results

/// The results of a product: `count` matrices [rows, columns], each a sum over `depth` steps.
struct Extents {
  int count, rows, columns, depth;
};

/// Whether a step can take a product of these extents.
template <Step kStep>
bool can_take(int64_t count, int64_t rows, int64_t columns, int64_t depth) {
  constexpr int kSmallestSide = 16;
  constexpr int64_t kMost = (int64_t{1} << 31) - 256;  // what is in a tile behind the end fits too
  const int64_t blocks = (rows / kSmallestSide + 1) * (columns / kSmallestSide + 1);
  // Half of a fragment's steps. Shallow products are not worth one; and where an f32 is multiplied
  // in pieces, a single product may err a little more than a rounding.
  constexpr int64_t kLeastDepth = kStep == Step::tensor || kStep == Step::pipelined ? 8 : 0;
  return depth >= kLeastDepth && count < 1 << 16 && rows < kMost && columns < kMost &&
         depth < kMost && blocks < kMost;
}

/// How many results a block computes, and how many blocks are to a multiprocessor's liking.
struct TileSize {
  int rows, columns;
  int blocks_at_once;
  int most_depth = INT_MAX;  ///< of a sum that is not cut into parts
};

/// What a block computes: results from first_row and first_column on, the steps `begin` to `end` of
/// their sums. Of the grid, x is the tile, its columns first, so that neighbouring blocks share a's
/// lines; y is z; z the part of the sum, part_depth long.
struct Block {
  int z, first_row, first_column, begin, end;

  __device__ __forceinline__ Block(const Extents& extents, int tile_rows, int tile_columns,
                                   int part_depth) {
    const int column_tiles = (extents.columns + tile_columns - 1) / tile_columns;
    z = static_cast<int>(blockIdx.y);
    first_row = static_cast<int>(blockIdx.x) / column_tiles * tile_rows;
    first_column = static_cast<int>(blockIdx.x) % column_tiles * tile_columns;
    begin = static_cast<int>(blockIdx.z) * part_depth;
    end = extents.depth - begin < part_depth ? extents.depth : begin + part_depth;
  }
};

/// One thread's part in copying kLines lines by kDepth steps of a source, in pieces of V
/// neighbours. Neighbouring threads take neighbours in memory. The lines of a thread stay the same
/// over all k.
template <int kLines, int kDepth, int V, class Source>
class Pieces {
 public:
  using T = typename Source::Element;
  static constexpr int kEach = kLines * kDepth / (V * kTileThreads);

  __device__ __forceinline__ Pieces(const Source& source, int z, int first_line, int lines)
      : source_(source) {
    for (int i = 0; i < kEach; ++i) {
      inside_[i] = first_line + line(i) < lines;
      lines_[i] = source.line(z, first_line + line(i));
    }
  }

  /// Where the i-th piece begins in the tile.
  __device__ __forceinline__ static int line(int i) {
    return Source::kAlongDepth ? index(i) / kPerRun : index(i) % kPerRun * V;
  }
  __device__ __forceinline__ static int step(int i) {
    return Source::kAlongDepth ? index(i) % kPerRun * V : index(i) / kPerRun;
  }
  /// Where it is in memory when the tile's first step is k; nullptr: zeros, as where the source
  /// ends.
  __device__ __forceinline__ const T* at(int i, int k, int end) const {
    k += step(i);
    return inside_[i] && k < end ? source_.at(lines_[i], k) : nullptr;
  }

 private:
  static constexpr int kPerRun = (Source::kAlongDepth ? kDepth : kLines) / V;

  __device__ __forceinline__ static int index(int i) {
    return static_cast<int>(threadIdx.x) + i * kTileThreads;
  }

  const Source& source_;
  typename Source::Line lines_[kEach];
  bool inside_[kEach];
};

/// Whether the parts of four neighbouring results are always in 16 aligned bytes.
__device__ __forceinline__ bool are_in_fours(const Extents& extents) {
  return extents.columns % kQuad == 0;
}

/// Where the sums of a block go: to the sink, or, when they are only a part of each result, to
/// `parts` [part, count, rows, columns].
template <class Sink>
struct Results {
  const Sink& sink;
  const Extents& extents;
  float* parts;

  /// Four sums in a row, as far as they are results.
  __device__ __forceinline__ void store(int z, int row, int column,
                                        const Vec<float, kQuad>& sums) const {
    const int count = extents.columns - column < kQuad ? extents.columns - column : kQuad;
    if (row >= extents.rows || count <= 0) return;
    if (parts == nullptr) return sink.store(z, row, column, sums, count);
    const int64_t matrix = int64_t{blockIdx.z} * extents.count + z;
    float* to = parts + (matrix * extents.rows + row) * extents.columns + column;
    if (are_in_fours(extents)) return store_vec(to, sums);
    for (int j = 0; j < kQuad; ++j) {
      if (j < count) to[j] = sums.v[j];
    }
  }
};

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
      Vec<float, kQuad> more{};
      if (are_in_fours(extents)) {
        more = load_vec<kQuad>(from);
      } else {
        for (int j = 0; j < kQuad; ++j) {
          if (j < count) more.v[j] = from[j];
        }
      }
      for (int j = 0; j < kQuad; ++j) sums.v[j] += more.v[j];
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
/// depends on the sizes alone, so that sums are cut alike on every GPU.
inline int64_t parts_for(int64_t blocks, int blocks_at_once, int64_t depth, int64_t least_depth) {
  constexpr int64_t kProcessors = 128;  // about those of a large GPU
  return std::max<int64_t>(1, std::min(kProcessors * blocks_at_once / blocks, depth / least_depth));
}

inline int64_t tiles_along(int64_t extent, int64_t tile) { return (extent + tile - 1) / tile; }
inline int64_t tiles_of(const Extents& extents, const TileSize& tile) {
  return tiles_along(extents.rows, tile.rows) * tiles_along(extents.columns, tile.columns);
}

/// Runs `kernel(a, b, sink, extents, part_depth, parts)` with a block for each tile of results and
/// each part of their sums, a whole number of `depth` steps ("split-K"), and adds the parts.
template <class Kernel, class A, class B, class Sink>
void launch_in_parts(Backend& backend, Kernel kernel, const TileSize& tile, int depth,
                     size_t shared_bytes, const A& a, const B& b, const Extents& extents,
                     const Sink& sink) {
  constexpr int kLeastDepth = 128;
  constexpr int64_t kMostParts = 65535;  // the third extent of a grid
  const int64_t blocks = tiles_of(extents, tile);
  const int64_t wanted =
      std::max(parts_for(blocks * extents.count, tile.blocks_at_once, extents.depth, kLeastDepth),
               std::min(tiles_along(extents.depth, tile.most_depth), kMostParts));
  const int64_t steps = tiles_along(extents.depth, depth);
  const int64_t part_steps = std::max<int64_t>(1, tiles_along(steps, wanted));
  const int64_t number = std::max<int64_t>(1, tiles_along(steps, part_steps));
  float* parts = nullptr;
  if (number > 1) {
    parts =
        as_cuda(backend).scratch_of<float>(number * extents.count * extents.rows * extents.columns);
  }
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(extents.count),
                  static_cast<unsigned>(number));
  launch(backend, {grid, kTileThreads, shared_bytes}, kernel)(
      a, b, sink, extents, static_cast<int>(part_steps) * depth, parts);
  if (number > 1) {
    launch_add_parts(backend, parts, static_cast<int>(number), extents, sink);
  }
}

/// Whether tiles of this size, whose threads find more products for each number that they read,
/// waste little more beyond the edges than smaller ones.
inline bool is_worth(const Extents& extents, const TileSize& large, const TileSize& small) {
  const auto covered = [&](const TileSize& tile) {
    return tiles_of(extents, tile) * tile.rows * tile.columns;
  };
  return covered(large) * 4 <= covered(small) * 5;
}

/// Matrices in memory: element k of a line is at line * pitch + k when they lie along the depth,
/// else at k * pitch + line.
template <class T, bool kAlongDepth_>
struct MatrixSource {
  using Element = T;
  static constexpr bool kAlongDepth = kAlongDepth_;
  using Line = const T*;

  const T* data;
  int64_t z_step;
  int64_t pitch;

  __device__ __forceinline__ Line line(int z, int i) const {
    return data + z * z_step + i * (kAlongDepth ? pitch : 1);
  }
  __device__ __forceinline__ const T* at(Line line, int k) const {
    return line + k * (kAlongDepth ? 1 : pitch);
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
