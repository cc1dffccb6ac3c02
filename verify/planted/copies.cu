// Planted bugs: copies to shared memory that go on by themselves, and are not waited for as they
// should be.
#include "kernels/cuda/launch.h"
#include "kernels/cuda/ptx.h"
#include "kernels/cuda/wide.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 64;
constexpr int kColumns = 4;  // 16 bytes, what a copy moves

enum class Fault : uint8_t { no_wait, no_commit, no_barrier, no_barrier_behind, waits_for_others };

/// db = the sums of the columns of dy, four columns a block. Each thread copies a row of them while
/// the rows before are added up; the first four threads add up a column each.
template <Fault kFault>
__global__ void add_copied(const float* dy, float* db, int64_t rows, int64_t channels) {
  alignas(16) __shared__ float tiles[2][kThreads][kColumns];
  const auto start = [&](int64_t first) {
    const int64_t row = first + threadIdx.x;
    const float* from = dy + row * channels + int64_t{blockIdx.x} * kColumns;
    start_copy(tiles[first / kThreads % 2][threadIdx.x], from, row < rows);
    if (kFault != Fault::no_commit) commit_copies();  // BUG: waits are for groups, there is none
  };
  float sum = 0;
  start(0);
  for (int64_t first = 0; first < rows; first += kThreads) {
    start(first + kThreads);
    if (kFault == Fault::waits_for_others) {
      wait_for_copies<2>();                 // BUG: both groups may be under way, this tile's too
    } else if (kFault != Fault::no_wait) {  // BUG: a barrier does not wait for copies
      wait_for_copies<1>();
    }
    if (kFault != Fault::no_barrier) __syncthreads();  // BUG: the others' copies may be under way
    if (threadIdx.x < kColumns) {
      for (const auto& row : tiles[first / kThreads % 2]) sum += row[threadIdx.x];
    }
    if (kFault != Fault::no_barrier_behind) __syncthreads();  // BUG: copies into a tile being read
  }
  if (threadIdx.x < kColumns) db[blockIdx.x * kColumns + threadIdx.x] = sum;
}

template <Fault kFault>
void sum_columns(Backend& backend, View dy, View db) {
  launch(backend, {static_cast<unsigned>(db.count() / kColumns), kThreads}, add_copied<kFault>)(
      dy.as<float>(), db.as<float>(), dy.count() / db.count(), db.count());
}

bool in_fours(View dy, View db) { return db.count() % kColumns == 0 && are_aligned(dy); }

TAILOR_KERNEL(table(), sum_to_channels, f32, "copy_not_waited_for", sum_columns<Fault::no_wait>,
              in_fours);
TAILOR_KERNEL(table(), sum_to_channels, f32, "copy_not_committed", sum_columns<Fault::no_commit>,
              in_fours);
TAILOR_KERNEL(table(), sum_to_channels, f32, "copies_of_others", sum_columns<Fault::no_barrier>,
              in_fours);
TAILOR_KERNEL(table(), sum_to_channels, f32, "copy_into_tile_in_use",
              sum_columns<Fault::no_barrier_behind>, in_fours);
TAILOR_KERNEL(table(), sum_to_channels, f32, "copy_of_another_group",
              sum_columns<Fault::waits_for_others>, in_fours);

}  // namespace
}  // namespace tailor::cuda
