// Batch norm with the batch's statistics. Bound by memory: x is read once for the statistics and
// once to normalise it.
#include "kernels/cuda/batch_norm.h"

namespace tailor::cuda {
namespace {

/// Where the statistics go, and how the running ones move.
struct Statistics {
  float* running_mean;
  float* running_var;
  float* saved_mean;
  float* saved_rstd;
  float eps, keep, move;

  Statistics(const BatchNorm& p, const View& running_means, const View& running_vars,
             const View& saved_means, const View& saved_rstds)
      : running_mean(running_means.as<float>()),
        running_var(running_vars.as<float>()),
        saved_mean(saved_means.as<float>()),
        saved_rstd(saved_rstds.as<float>()),
        eps(static_cast<float>(p.eps)),
        keep(static_cast<float>(1 - p.momentum)),
        move(static_cast<float>(p.momentum)) {}

  /// `squares`: the sum of the squared differences from the mean.
  __device__ void store(int64_t c, float mean, float squares, int64_t rows) const {
    const float var = squares / static_cast<float>(rows);
    const float unbiased = squares / static_cast<float>(rows - 1);
    saved_mean[c] = mean;
    saved_rstd[c] = 1 / std::sqrt(var + eps);
    running_mean[c] = keep * running_mean[c] + move * mean;
    running_var[c] = keep * running_var[c] + move * unbiased;
  }
};

/// One thread a channel, three passes down its rows: mean, variance, result.
template <class T>
__global__ void batch_norm_column(Normalization<T> p, Statistics statistics, int64_t rows,
                                  int64_t channels) {
  for (int64_t c = grid_thread(); c < channels; c += grid_threads()) {
    float sum = 0;
    for (int64_t row = 0; row < rows; ++row) sum += to_f32(p.x[row * channels + c]);
    const float mean = sum / static_cast<float>(rows);
    float squares = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const float difference = to_f32(p.x[row * channels + c]) - mean;
      squares += difference * difference;
    }
    statistics.store(c, mean, squares, rows);
    const float scale = statistics.saved_rstd[c] * p.weight[c];
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t i = row * channels + c;
      float value = (to_f32(p.x[i]) - mean) * scale + p.bias[c];
      if (p.residual != nullptr) value += to_f32(p.residual[i]);
      p.y[i] = from_f32<T>(activate(p.activation, value));
    }
  }
}

/// Count, means and sums of squared differences from them of N channels, updated number by number
/// (Welford, "Note on a method for calculating corrected sums of squares and products", 1962) and
/// merged (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983): one
/// pass, yet nothing cancels where the mean is large beside the deviation.
template <int N>
struct Moments {
  float count;
  float mean[N];
  float squares[N];

  __device__ void add(const Vec<float, N>& x) {
    count += 1;
    const float share = 1 / count;
    for (int k = 0; k < N; ++k) {
      const float difference = x.v[k] - mean[k];
      mean[k] += difference * share;
      squares[k] += difference * (x.v[k] - mean[k]);
    }
  }

  __device__ void merge(const Moments& other) {
    if (other.count == 0) return;
    const float total = count + other.count;
    const float share = other.count / total;
    for (int k = 0; k < N; ++k) {
      const float difference = other.mean[k] - mean[k];
      mean[k] += difference * share;
      squares[k] += other.squares[k] + difference * (count * share) * difference;
    }
    count = total;
  }
};

/// First stage of the step "columns": each block takes every gridDim.y-th group of rows, so that
/// the whole GPU has work, and one pass gives mean and variance: x is read twice in all, not three
/// times. "vector" is the same with the channels that fit 16 bytes a thread: a quarter (an eighth)
/// of the requests.
template <class T, int N>
__global__ void moments_of_rows(const T* x, int64_t rows, int64_t channels, Moments<N>* parts) {
  const Column at = this_column<N>();
  Moments<N> moments{};
  if (at.channel < channels) {
#pragma unroll 4  // that many loads under way at once
    for (int64_t row = at.row; row < rows; row += at.step) {
      moments.add(load_f32<N>(x + row * channels + at.channel));
    }
  }
  store_part<N>(moments, channels, parts);
}

/// Second stage: merges the parts in a fixed order.
template <int N>
__global__ void moments_of_parts(const Moments<N>* parts, int64_t count, int64_t rows,
                                 int64_t channels, Statistics statistics) {
  const Moments<N> moments = merge_parts<N, Moments<N>>(parts, count, channels);
  const int64_t channel = this_column<N>().channel;
  if (threadIdx.y != 0 || channel >= channels) return;
  for (int k = 0; k < N; ++k) {
    statistics.store(channel + k, moments.mean[k], moments.squares[k], rows);
  }
}

/// Throws Error where the variance of a channel would be that of one number.
void check_rows(int64_t rows, const View& x) {
  if (rows >= 2) return;
  throw Error("batch_norm: expected more than one element per channel in training, got x {}",
              to_string(x.shape));
}

template <class T>
Normalization<T> normalization(const BatchNorm& p, const View& x, const View& weight,
                               const View& bias, const View& residual, const View& mean,
                               const View& y) {
  return {x.as<T>(),        mean.as<float>(), weight.as<float>(), bias.as<float>(),
          residual.as<T>(), y.as<T>(),        p.activation};
}

template <class T>
void batch_norm_naive(Backend& backend, const BatchNorm& p, View x, View weight, View bias,
                      View residual, View running_mean, View running_var, View saved_mean,
                      View saved_rstd, View y) {
  const int64_t channels = x.shape.back(), rows = x.count() / channels;
  check_rows(rows, x);
  launch(backend, {blocks_for(channels, kNormThreads), kNormThreads}, batch_norm_column<T>)(
      normalization<T>(p, x, weight, bias, residual, saved_mean, y),
      Statistics(p, running_mean, running_var, saved_mean, saved_rstd), rows, channels);
}

template <class T, int N>
void batch_norm_columns(Backend& backend, const BatchNorm& p, View x, View weight, View bias,
                        View residual, View running_mean, View running_var, View saved_mean,
                        View saved_rstd, View y) {
  const int64_t channels = x.shape.back(), rows = x.count() / channels;
  check_rows(rows, x);
  const Grid grid = part_grid(rows, channels, N);
  auto* parts = as_cuda(backend).scratch_of<Moments<N>>(grid.blocks.y * (channels / N));
  launch(backend, grid, moments_of_rows<T, N>)(x.as<T>(), rows, channels, parts);
  launch(backend, total_grid(channels, N), moments_of_parts<N>)(
      parts, grid.blocks.y, rows, channels,
      Statistics(p, running_mean, running_var, saved_mean, saved_rstd));
  launch(backend, column_grid(rows, channels, N, kNormRowsEach),
         normalize_columns<T, N, SavedRstd>)(
      normalization<T>(p, x, weight, bias, residual, saved_mean, y), {saved_rstd.as<float>()}, rows,
      channels);
}

template <class T>
bool batch_norm_fits(const BatchNorm& /*p*/, View x, View weight, View bias, View residual,
                     View /*running_mean*/, View /*running_var*/, View saved_mean,
                     View /*saved_rstd*/, View y) {
  return x.shape.back() % kVecWidth<T> == 0 &&
         are_aligned(x, weight, bias, residual, saved_mean, y);
}

TAILOR_KERNEL(table(), batch_norm, f32, "naive", batch_norm_naive<float>);
TAILOR_KERNEL(table(), batch_norm, bf16, "naive", batch_norm_naive<bf16>);
TAILOR_KERNEL(table(), batch_norm, f32, "columns", batch_norm_columns<float, 1>);
TAILOR_KERNEL(table(), batch_norm, bf16, "columns", batch_norm_columns<bf16, 1>);
TAILOR_KERNEL(table(), batch_norm, f32, "vector", batch_norm_columns<float, 4>,
              batch_norm_fits<float>);
TAILOR_KERNEL(table(), batch_norm, bf16, "vector", batch_norm_columns<bf16, 8>,
              batch_norm_fits<bf16>);

}  // namespace
}  // namespace tailor::cuda
