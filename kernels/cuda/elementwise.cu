// Operations on one element at a time. Bound by memory: what counts is how wide the accesses are.
#include "kernels/cuda/activation.h"
#include "kernels/cuda/columns.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 256;

struct Activate {
  Activation kind;
  __device__ float operator()(float x) const { return activate(kind, x); }
};

struct Differentiate {
  Activation kind;
  __device__ float operator()(float y, float dy) const { return activation_gradient(kind, y, dy); }
};

struct Add {
  __device__ float operator()(float a, float b) const { return a + b; }
};

/// One thread an element: y_i = f(in_i...). Neighbouring threads move neighbouring numbers, so that
/// no byte of a sector is moved in vain.
template <class T, class F, class... In>
__global__ void map_naive(F f, T* y, int64_t count, const In*... in) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    y[i] = from_f32<T>(f(to_f32(in[i])...));
  }
}

template <class F, int N, class... In>
__device__ __forceinline__ Vec<float, N> apply(const F& f, const Vec<float, N>& first,
                                               const In&... more) {
  Vec<float, N> y;
  for (int k = 0; k < N; ++k) y.v[k] = f(first.v[k], more.v[k]...);
  return y;
}

/// One thread as many elements as fit 16 bytes: a quarter (an eighth) of the instructions that move
/// data. The few elements behind the last whole vector are done one by one.
template <class T, class F, class... In>
__global__ void map_vector(F f, T* y, int64_t count, const In*... in) {
  constexpr int kN = kVecWidth<T>;
  const int64_t vectors = count / kN;
  for (int64_t i = grid_thread(); i < vectors; i += grid_threads()) {
    store_f32(y + i * kN, apply(f, load_f32<kN>(in + i * kN)...));
  }
  for (int64_t i = vectors * kN + grid_thread(); i < count; i += grid_threads()) {
    y[i] = from_f32<T>(f(to_f32(in[i])...));
  }
}

Grid naive_grid(int64_t count) { return {blocks_for(count, kThreads), kThreads}; }
template <class T>
Grid vector_grid(int64_t count) {
  return {blocks_for(count / kVecWidth<T> + 1, kThreads), kThreads};
}

template <class T>
void activation_naive(Backend& backend, Activation kind, View x, View y) {
  launch(backend, naive_grid(y.count()), map_naive<T, Activate, T>)({kind}, y.as<T>(), y.count(),
                                                                    x.as<T>());
}

template <class T>
void activation_vector(Backend& backend, Activation kind, View x, View y) {
  launch(backend, vector_grid<T>(y.count()), map_vector<T, Activate, T>)({kind}, y.as<T>(),
                                                                         y.count(), x.as<T>());
}

bool activation_fits(Activation /*kind*/, View x, View y) { return are_aligned(x, y); }

template <class T>
void activation_backward_naive(Backend& backend, Activation kind, View y, View dy, View dx) {
  launch(backend, naive_grid(y.count()), map_naive<T, Differentiate, T, T>)(
      {kind}, dx.as<T>(), y.count(), y.as<T>(), dy.as<T>());
}

template <class T>
void activation_backward_vector(Backend& backend, Activation kind, View y, View dy, View dx) {
  launch(backend, vector_grid<T>(y.count()), map_vector<T, Differentiate, T, T>)(
      {kind}, dx.as<T>(), y.count(), y.as<T>(), dy.as<T>());
}

bool activation_backward_fits(Activation /*kind*/, View y, View dy, View dx) {
  return are_aligned(y, dy, dx);
}

/// One thread an element; b is repeated with the period `channels`.
template <class T, class B>
__global__ void add_channels_naive(const T* a, const B* b, T* y, int64_t count, int64_t channels) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    y[i] = from_f32<T>(to_f32(a[i]) + to_f32(b[i % channels]));
  }
}

/// A thread reads its channels of b once, for all of its rows, and no index is divided.
template <class T, class B>
__global__ void add_channels_vector(const T* a, const B* b, T* y, int64_t rows, int64_t channels) {
  constexpr int kN = kVecWidth<T>;
  const Column at = this_column<kN>();
  if (at.channel >= channels) return;
  const Vec<float, kN> added = load_f32<kN>(b + at.channel);
  for (int64_t row = at.row; row < rows; row += at.step) {
    const int64_t i = row * channels + at.channel;
    store_f32(y + i, apply(Add(), load_f32<kN>(a + i), added));
  }
}

/// Calls f with a null pointer to b's type: numbers by channel may be f32 beside bf16.
template <class T, class F>
void with_type_of(const View& b, const F& f) {
  if (b.dtype == kDType<T>) {
    f(static_cast<T*>(nullptr));
  } else {
    f(static_cast<float*>(nullptr));
  }
}

template <class T>
void add_naive(Backend& backend, View a, View b, View y) {
  with_type_of<T>(b, [&]<class B>(B*) {
    launch(backend, naive_grid(a.count()), add_channels_naive<T, B>)(
        a.as<T>(), b.as<B>(), y.as<T>(), a.count(), b.count());
  });
}

template <class T>
void add_vector(Backend& backend, View a, View b, View y) {
  if (a.shape == b.shape) {
    return launch(backend, vector_grid<T>(a.count()), map_vector<T, Add, T, T>)(
        {}, y.as<T>(), a.count(), a.as<T>(), b.as<T>());
  }
  constexpr int64_t kRowsEach = 4;
  const int64_t channels = b.count(), rows = a.count() / channels;
  with_type_of<T>(b, [&]<class B>(B*) {
    launch(backend, column_grid(rows, channels, kVecWidth<T>, kRowsEach),
           add_channels_vector<T, B>)(a.as<T>(), b.as<B>(), y.as<T>(), rows, channels);
  });
}

template <class T>
bool add_fits(View a, View b, View y) {
  return are_aligned(a, b, y) &&
         (a.shape == b.shape ? a.dtype == b.dtype : b.count() % kVecWidth<T> == 0);
}

/// One thread a channel: neighbouring threads read neighbouring numbers, but there are only as many
/// threads as channels.
template <class T>
__global__ void sum_column(const T* dy, float* db, int64_t rows, int64_t channels) {
  for (int64_t c = grid_thread(); c < channels; c += grid_threads()) {
    float sum = 0;
    for (int64_t row = 0; row < rows; ++row) sum += to_f32(dy[row * channels + c]);
    db[c] = sum;
  }
}

/// First stage: a block sums every gridDim.y-th group of rows, so that the whole GPU has work for
/// few channels too. The step "columns" has one channel a thread, "vector" those that fit 16 bytes:
/// a quarter (an eighth) of the requests for the same bytes.
template <class T, int N>
__global__ void sum_rows(const T* dy, int64_t rows, int64_t channels, Sums<1, N>* parts) {
  const Column at = this_column<N>();
  Sums<1, N> sums{};
  if (at.channel < channels) {
#pragma unroll 4  // that many loads under way at once
    for (int64_t row = at.row; row < rows; row += at.step) {
      sums.merge({{load_f32<N>(dy + row * channels + at.channel)}});
    }
  }
  store_part<N>(sums, channels, parts);
}

/// Second stage: adds the parts in a fixed order.
template <int N>
__global__ void sum_parts(const Sums<1, N>* parts, int64_t count, int64_t channels, float* db) {
  const Sums<1, N> sums = merge_parts<N>(parts, count, channels);
  const int64_t channel = this_column<N>().channel;
  if (threadIdx.y == 0 && channel < channels) store_wide(db + channel, sums.of[0]);
}

template <class T>
void sum_to_channels_naive(Backend& backend, View dy, View db) {
  const int64_t channels = db.count();
  launch(backend, naive_grid(channels), sum_column<T>)(dy.as<T>(), db.as<float>(),
                                                       dy.count() / channels, channels);
}

template <class T, int N>
void sum_to_channels_columns(Backend& backend, View dy, View db) {
  const int64_t channels = db.count(), rows = dy.count() / channels;
  const Grid grid = part_grid(rows, channels, N);
  auto* parts = as_cuda(backend).scratch_of<Sums<1, N>>(grid.blocks.y * (channels / N));
  launch(backend, grid, sum_rows<T, N>)(dy.as<T>(), rows, channels, parts);
  launch(backend, total_grid(channels, N), sum_parts<N>)(parts, grid.blocks.y, channels,
                                                         db.as<float>());
}

template <class T>
bool sum_to_channels_fits(View dy, View db) {
  return db.count() % kVecWidth<T> == 0 && are_aligned(dy, db);
}

TAILOR_KERNEL(table(), activation, f32, "naive", activation_naive<float>);
TAILOR_KERNEL(table(), activation, bf16, "naive", activation_naive<bf16>);
TAILOR_KERNEL(table(), activation, f32, "vector", activation_vector<float>, activation_fits);
TAILOR_KERNEL(table(), activation, bf16, "vector", activation_vector<bf16>, activation_fits);
TAILOR_KERNEL(table(), activation_backward, f32, "naive", activation_backward_naive<float>);
TAILOR_KERNEL(table(), activation_backward, bf16, "naive", activation_backward_naive<bf16>);
TAILOR_KERNEL(table(), activation_backward, f32, "vector", activation_backward_vector<float>,
              activation_backward_fits);
TAILOR_KERNEL(table(), activation_backward, bf16, "vector", activation_backward_vector<bf16>,
              activation_backward_fits);
TAILOR_KERNEL(table(), add, f32, "naive", add_naive<float>);
TAILOR_KERNEL(table(), add, bf16, "naive", add_naive<bf16>);
TAILOR_KERNEL(table(), add, f32, "vector", add_vector<float>, add_fits<float>);
TAILOR_KERNEL(table(), add, bf16, "vector", add_vector<bf16>, add_fits<bf16>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "naive", sum_to_channels_naive<float>);
TAILOR_KERNEL(table(), sum_to_channels, bf16, "naive", sum_to_channels_naive<bf16>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "columns", sum_to_channels_columns<float, 1>);
TAILOR_KERNEL(table(), sum_to_channels, bf16, "columns", sum_to_channels_columns<bf16, 1>);
TAILOR_KERNEL(table(), sum_to_channels, f32, "vector", sum_to_channels_columns<float, 4>,
              sum_to_channels_fits<float>);
TAILOR_KERNEL(table(), sum_to_channels, bf16, "vector", sum_to_channels_columns<bf16, 8>,
              sum_to_channels_fits<bf16>);

}  // namespace
}  // namespace tailor::cuda
