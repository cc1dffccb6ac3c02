// Planted bugs: memory that is not the kernel's to touch, or holds nothing yet.
#include "kernels/cuda/activation.h"
#include "kernels/cuda/wide.h"
#include "verify/planted/column_sum.cuh"

namespace tailor::cuda {
namespace {

// --- global memory, out of bounds ---

__global__ void read_past_end(Activation kind, const float* x, float* y, int64_t count) {
  for (int64_t i = grid_thread() * 4; i < count; i += grid_threads() * 4) {
    const Vec<float, 4> four = load_vec<4>(x + i);  // BUG: the last four may be fewer
    for (int k = 0; k < 4 && i + k < count; ++k) y[i + k] = activate(kind, four.v[k]);
  }
}

void launch_read_past_end(Backend& backend, Activation kind, View x, View y) {
  launch(backend, {1, kThreads}, read_past_end)(kind, x.as<float>(), y.as<float>(), y.count());
}

__global__ void write_past_end(RandomKey random, float low, float high, float* y, int64_t count) {
  for (int64_t i = grid_thread(); i <= count; i += grid_threads()) {  // BUG: <= instead of <
    y[i] = low + (high - low) * uniform_at(random, static_cast<uint64_t>(i));
  }
}

void launch_write_past_end(Backend& backend, const RandomKey& random, float low, float high,
                           View y) {
  launch(backend, {1, kThreads}, write_past_end)(random, low, high, y.as<float>(), y.count());
}

__global__ void window_not_clipped(Pool2d p, const float* x, float* y, int height, int width,
                                   int out_h, int out_w, int channels, int count) {
  for (int i = threadIdx.x; i < count; i += kThreads) {
    const int c = i % channels, ow = i / channels % out_w, oh = i / channels / out_w % out_h;
    const int n = i / channels / out_w / out_h;
    float sum = 0;
    for (int kh = 0; kh < p.kernel_h; ++kh) {
      for (int kw = 0; kw < p.kernel_w; ++kw) {
        const int ih = oh * p.stride_h - p.pad_top + kh, iw = ow * p.stride_w - p.pad_left + kw;
        sum += x[((int64_t{n} * height + ih) * width + iw) * channels + c];  // BUG: ih, iw < 0
      }
    }
    y[i] = sum / static_cast<float>(p.kernel_h * p.kernel_w);
  }
}

void launch_window_not_clipped(Backend& backend, const Pool2d& p, View x, View y) {
  launch(backend, {1, kThreads}, window_not_clipped)(
      p, x.as<float>(), y.as<float>(), static_cast<int>(x.shape[1]), static_cast<int>(x.shape[2]),
      static_cast<int>(y.shape[1]), static_cast<int>(y.shape[2]), static_cast<int>(y.shape[3]),
      static_cast<int>(y.count()));
}

/// Right: the threads' sums meet in `workspace` [channels, kThreads] in global memory.
__global__ void sum_in_workspace(const float* dy, float* db, int64_t rows, int64_t channels,
                                 float* workspace) {
  float* slots = workspace + blockIdx.x * kThreads;
  slots[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  const float sum = add_slots(slots);
  if (threadIdx.x == 0) db[blockIdx.x] = sum;
}

void launch_sum_in_workspace(Backend& backend, View dy, View db, float* workspace) {
  const int64_t channels = db.count();
  launch(backend, {static_cast<unsigned>(channels), kThreads}, sum_in_workspace)(
      dy.as<float>(), db.as<float>(), dy.count() / channels, channels, workspace);
}

void released_workspace(Backend& backend, View dy, View db) {
  float* workspace = nullptr;
  {
    const Buffer buffer(backend.memory(),
                        sizeof(float) * kThreads * static_cast<size_t>(db.count()));
    workspace = static_cast<float*>(buffer.data());
  }  // BUG: given back before the launch, which another owner's may follow
  launch_sum_in_workspace(backend, dy, db, workspace);
}

void workspace_too_small(Backend& backend, View dy, View db) {
  const auto slots = kThreads * static_cast<size_t>(db.count());
  const Buffer buffer(backend.memory(), slots);  // BUG: slots are no bytes
  launch_sum_in_workspace(backend, dy, db, static_cast<float*>(buffer.data()));
}

void host_pointer(Backend& backend, View dy, View db) {
  std::vector<float> workspace(kThreads * static_cast<size_t>(db.count()));
  launch_sum_in_workspace(backend, dy, db, workspace.data());  // BUG: memory of the host
}

// --- shared memory, out of bounds ---

__global__ void shared_read_past_end(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  for (unsigned half = kThreads; half > 0; half /= 2) {  // BUG: begins with twice the half
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  if (threadIdx.x == 0) db[blockIdx.x] = sums[0];
}

__global__ void shared_write_past_end(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads / kWarp];  // BUG: room for a warp's sum, but every thread has one
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  const float sum = add_slots(sums);
  if (threadIdx.x == 0) db[blockIdx.x] = sum;
}

__device__ void put(float* slots, unsigned slot, float value) { slots[slot] = value; }

__global__ void shared_into_neighbour(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float of_first_warp[kWarp];
  __shared__ float of_second_warp[kWarp];
  // BUG: counts on the second array to follow the first
  put(of_first_warp, threadIdx.x, sum_of_own_rows(dy, rows, channels));
  __syncthreads();
  if (threadIdx.x != 0) return;
  float sum = 0;
  for (int lane = 0; lane < kWarp; ++lane) sum += of_first_warp[lane] + of_second_warp[lane];
  db[blockIdx.x] = sum;
}

__global__ void shared_row_overrun(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads / kWarp][kWarp];
  sums[0][threadIdx.x] = sum_of_own_rows(dy, rows, channels);  // BUG: a row has kWarp slots
  const float sum = add_slots(&sums[0][0]);
  if (threadIdx.x == 0) db[blockIdx.x] = sum;
}

__global__ void too_much_shared(const float* dy, float* db, int64_t rows, int64_t channels) {
  DYNAMIC_SHARED(float, sums);
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  const float sum = add_slots(sums);
  if (threadIdx.x == 0) db[blockIdx.x] = sum;
}

void launch_too_much_shared(Backend& backend, View dy, View db) {
  const int64_t channels = db.count();
  constexpr size_t kBytes = 256 << 10;  // BUG: no block gets more than 227 KiB
  launch(backend, {static_cast<unsigned>(channels), kThreads, kBytes}, too_much_shared)(
      dy.as<float>(), db.as<float>(), dy.count() / channels, channels);
}

__global__ void dynamic_shared_too_small(const float* dy, float* db, int64_t rows,
                                         int64_t channels) {
  DYNAMIC_SHARED(float, sums);
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  const float sum = add_slots(sums);
  if (threadIdx.x == 0) db[blockIdx.x] = sum;
}

void launch_dynamic_shared_too_small(Backend& backend, View dy, View db) {
  const int64_t channels = db.count();
  constexpr size_t kBytes = kThreads;  // BUG: floats, but their number is given as bytes
  launch(backend, {static_cast<unsigned>(channels), kThreads, kBytes}, dynamic_shared_too_small)(
      dy.as<float>(), db.as<float>(), dy.count() / channels, channels);
}

// --- nothing written yet ---

__global__ void shared_uninitialised(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  const float own = sum_of_own_rows(dy, rows, channels);
  if (threadIdx.x < rows) sums[threadIdx.x] = own;  // BUG: the tree adds up all slots
  const float sum = add_slots(sums);
  if (threadIdx.x == 0) db[blockIdx.x] = sum;
}

__global__ void output_accumulated(const float* dy, float* db, int64_t rows, int64_t channels) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  const float sum = add_slots(sums);
  if (threadIdx.x == 0) db[blockIdx.x] += sum;  // BUG: an output holds nothing before
}

__global__ void count_finished(const float* dy, float* db, int64_t rows, int64_t channels,
                               unsigned* finished) {
  __shared__ float sums[kThreads];
  sums[threadIdx.x] = sum_of_own_rows(dy, rows, channels);
  const float sum = add_slots(sums);
  if (threadIdx.x != 0) return;
  db[blockIdx.x] = sum;
  atomicAdd(finished, 1U);
}

void counter_not_zeroed(Backend& backend, View dy, View db) {
  const int64_t channels = db.count();
  const Buffer finished(backend.memory(), sizeof(unsigned));  // BUG: nobody sets it to 0
  launch(backend, {static_cast<unsigned>(channels), kThreads}, count_finished)(
      dy.as<float>(), db.as<float>(), dy.count() / channels, channels,
      static_cast<unsigned*>(finished.data()));
}

// --- right numbers by wrong accesses ---

__global__ void misaligned_vector(const float* dy, float* db, int64_t rows, int64_t channels) {
  const int64_t c = grid_thread() * 4;
  if (c + 4 > channels) {
    for (int64_t last = c; last < channels; ++last) {
      float sum = 0;
      for (int64_t row = 0; row < rows; ++row) sum += dy[row * channels + last];
      db[last] = sum;
    }
    return;
  }
  Vec<float, 4> sums{};
  for (int64_t row = 0; row < rows; ++row) {
    const auto four = load_vec<4>(dy + row * channels + c);  // BUG: unless channels % 4 == 0
    for (int k = 0; k < 4; ++k) sums.v[k] += four.v[k];
  }
  store_vec(db + c, sums);
}

__global__ void input_changed(float* x, float* y, int64_t columns) {
  float* row = x + threadIdx.x * columns;
  float largest = row[0], sum = 0;
  for (int64_t c = 1; c < columns; ++c) largest = fmaxf(largest, row[c]);
  for (int64_t c = 0; c < columns; ++c) {
    row[c] = expf(row[c] - largest);  // BUG: x is somebody else's
    sum += row[c];
  }
  for (int64_t c = 0; c < columns; ++c) y[threadIdx.x * columns + c] = row[c] / sum;
}

void launch_input_changed(Backend& backend, View x, View y) {
  const int64_t columns = x.shape.back();
  launch(backend, {1, static_cast<unsigned>(x.count() / columns)}, input_changed)(
      x.as<float>(), y.as<float>(), columns);
}

TAILOR_KERNEL(table(), activation, f32, "read_past_end", launch_read_past_end);
TAILOR_KERNEL(table(), uniform, f32, "write_past_end", launch_write_past_end);
TAILOR_KERNEL(table(), avg_pool2d, f32, "window_not_clipped", launch_window_not_clipped);
TAILOR_KERNEL(table(), sum_to_channels, f32, "released_workspace", released_workspace);
TAILOR_KERNEL(table(), sum_to_channels, f32, "workspace_too_small", workspace_too_small);
TAILOR_KERNEL(table(), sum_to_channels, f32, "host_pointer", host_pointer);
TAILOR_KERNEL(table(), sum_to_channels, f32, "shared_read_past_end",
              column_sum<shared_read_past_end>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "shared_write_past_end",
              column_sum<shared_write_past_end>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "shared_into_neighbour",
              column_sum<shared_into_neighbour>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "shared_row_overrun", column_sum<shared_row_overrun>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "too_much_shared", launch_too_much_shared);
TAILOR_KERNEL(table(), sum_to_channels, f32, "dynamic_shared_too_small",
              launch_dynamic_shared_too_small);
TAILOR_KERNEL(table(), sum_to_channels, f32, "shared_uninitialised",
              column_sum<shared_uninitialised>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "output_accumulated", column_sum<output_accumulated>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "counter_not_zeroed", counter_not_zeroed);
TAILOR_KERNEL(table(), sum_to_channels, f32, "misaligned_vector", column_sum<misaligned_vector>);
TAILOR_KERNEL(table(), softmax, f32, "input_changed", launch_input_changed);

}  // namespace
}  // namespace tailor::cuda
