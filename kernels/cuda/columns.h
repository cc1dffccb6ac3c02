// Tensors [..., C] seen as rows of channels. A thread keeps the same few channels and walks down
// the rows, so that what belongs to a channel stays in its registers, and the threads beside it
// take the channels beside its own, so that a warp reads whole lines of memory.
//
//   threadIdx.x, blockIdx.x: along the channels, N neighbouring ones a thread
//   threadIdx.y, blockIdx.y: along the rows, which go on in strides of all rows of threads
#pragma once

#include <algorithm>

#include "kernels/cuda/launch.h"
#include "kernels/cuda/wide.h"

namespace tailor::cuda {

/// Threads of a block of column_grid.
constexpr int kColumnThreads = 256;
/// Blocks of a sum over rows, about four for each processor of a large GPU. The number may not
/// depend on the GPU: sums in another order would round otherwise.
constexpr int64_t kMostPartBlocks = 512;
constexpr int64_t kMostGridRows = 65535;

/// The grid for [rows, channels] with `width` channels a thread and about `rows_each` rows a
/// thread, in at most `most_blocks` blocks where one for all rows is not too many already.
inline Grid column_grid(int64_t rows, int64_t channels, int width, int64_t rows_each,
                        int64_t most_blocks = int64_t{1} << 20) {
  const int64_t vectors = (channels + width - 1) / width;
  const auto blocks_along = [&](int64_t lanes) { return (vectors + lanes - 1) / lanes; };
  // Fewer threads along the channels where more would mostly lie beyond their end.
  constexpr int64_t kFewest = 4;
  int64_t lanes = kWarp;
  while (lanes > kFewest && (blocks_along(lanes) * lanes - vectors) * 8 > vectors) lanes /= 2;
  const int64_t along = std::max<int64_t>(1, blocks_along(lanes));
  const int64_t down = kColumnThreads / lanes;
  const int64_t wanted = (rows + down * rows_each - 1) / (down * rows_each);
  const int64_t most = std::clamp<int64_t>(most_blocks / along, 1, kMostGridRows);
  return {dim3(static_cast<unsigned>(along),
               static_cast<unsigned>(std::clamp<int64_t>(wanted, 1, most))),
          dim3(static_cast<unsigned>(lanes), static_cast<unsigned>(down))};
}

/// The grid of a sum over rows: one result for each of blocks.y and each vector of channels.
inline Grid part_grid(int64_t rows, int64_t channels, int width) {
  constexpr int64_t kRowsEach = 8;
  return column_grid(rows, channels, width, kRowsEach, kMostPartBlocks);
}

/// The grid that brings those results together: one block along the rows.
inline Grid total_grid(int64_t channels, int width) { return column_grid(1, channels, width, 1); }

/// The first channel of a thread of column_grid, its first row, and from row to row.
struct Column {
  int64_t channel;
  int64_t row;
  int64_t step;
};

template <int N>
__device__ __forceinline__ Column this_column() {
  return {(int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * N,
          int64_t{blockIdx.y} * blockDim.y + threadIdx.y, int64_t{gridDim.y} * blockDim.y};
}

/// Sums of K numbers each for N channels.
template <int K, int N>
struct Sums {
  Vec<float, N> of[K];

  __device__ void merge(const Sums& other) {
    for (int k = 0; k < K; ++k) {
      for (int i = 0; i < N; ++i) of[k].v[i] += other.of[k].v[i];
    }
  }
};

/// Merges what the threads of a block have, column by column, into its first row of threads: in a
/// tree, and so in the same order every time. All threads of the block take part; what comes from
/// beyond the channels or rows is Part{}.
template <class Part>
__device__ void merge_block(Part& mine) {
  __shared__ Part parts[kColumnThreads / 2];
  for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
    const unsigned slot = threadIdx.y % half * blockDim.x + threadIdx.x;
    if (threadIdx.y >= half && threadIdx.y < 2 * half) parts[slot] = mine;
    __syncthreads();
    if (threadIdx.y < half) mine.merge(parts[slot]);
    __syncthreads();  // the slots are free again
  }
}

/// Writes a block's part of a sum over rows to parts [gridDim.y, channels / N].
template <int N, class Part>
__device__ void store_part(Part mine, int64_t channels, Part* parts) {
  merge_block(mine);
  const int64_t channel = this_column<N>().channel;
  if (threadIdx.y == 0 && channel < channels) {
    parts[blockIdx.y * (channels / N) + channel / N] = mine;
  }
}

/// In total_grid: the whole that those parts make, which the first row of threads gets.
template <int N, class Part>
__device__ Part merge_parts(const Part* parts, int64_t count, int64_t channels) {
  const int64_t channel = this_column<N>().channel;
  Part mine{};
  if (channel < channels) {
    for (int64_t part = threadIdx.y; part < count; part += blockDim.y) {
      mine.merge(parts[part * (channels / N) + channel / N]);
    }
  }
  merge_block(mine);
  return mine;
}

}  // namespace tailor::cuda
