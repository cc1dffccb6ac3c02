// Matrices [rows, columns] whose rows are worked on by teams of threads: a kernel written for a
// team runs with a thread, a warp or a whole block to a row.
#pragma once

#include "kernels/cuda/launch.h"
#include "kernels/cuda/reduce.h"

namespace tailor::cuda {

constexpr int kRowThreads = 256;

/// Step "naive": one thread walks along its row alone. Neighbouring threads read numbers a whole
/// row apart, so that each of the 32 in a request brings a sector of 32 bytes to use 4 of them.
struct ThreadPerRow {
  static constexpr int kSize = 1;
  __device__ static int rank() { return 0; }
  __device__ static float sum(float value) { return value; }
  __device__ static float max(float value) { return value; }
};

/// Step "block": all threads of a block lie side by side on one row, so that the 32 numbers of a
/// request fill 4 sectors. What they found they share in shared memory, with barriers. For long
/// rows.
struct BlockPerRow {
  static constexpr int kSize = kRowThreads;
  __device__ static int rank() { return static_cast<int>(threadIdx.x); }
  __device__ static float sum(float value) { return block_sum<kRowThreads>(value); }
  __device__ static float max(float value) { return block_max<kRowThreads>(value); }
};

/// Step "warp": the lanes of a warp on one row, for rows too short to keep a block busy. They share
/// by shuffles: no shared memory, no barriers, and eight rows a block.
struct WarpPerRow {
  static constexpr int kSize = kWarp;
  __device__ static int rank() { return static_cast<int>(threadIdx.x) % kWarp; }
  __device__ static float sum(float value) { return warp_sum(value); }
  __device__ static float max(float value) { return warp_max(value); }
};

/// Rows that are worked on at the same time by one block.
template <class Team>
constexpr int kRowsPerBlock = kRowThreads / Team::kSize;

/// The first row of this thread's team, and how far it is to its next one.
template <class Team>
__device__ __forceinline__ int64_t first_row() {
  return int64_t{blockIdx.x} * kRowsPerBlock<Team> + threadIdx.x / Team::kSize;
}
template <class Team>
__device__ __forceinline__ int64_t row_step() {
  return int64_t{gridDim.x} * kRowsPerBlock<Team>;
}

/// So many blocks that each row has a team of its own, where the grid is not too large for that.
template <class Team>
Grid grid_of_rows(int64_t rows) {
  return {blocks_for(rows, kRowsPerBlock<Team>), kRowThreads};
}

/// Up to so many columns a warp reads its row from the level-1 cache when it comes by again.
constexpr int64_t kMostColumnsOfWarp = 1024;

}  // namespace tailor::cuda
