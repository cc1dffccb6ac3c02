// Planted bugs: the right elements, but not the right arithmetic.
#include "kernels/api/convert.h"
#include "kernels/cuda/activation.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/numbers.h"
#include "kernels/cuda/wide.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 64;

// --- sums and casts ---

/// One thread a channel.
__global__ void sum_in_bf16(const bf16* dy, float* db, int64_t rows, int64_t channels) {
  const int64_t c = grid_thread();
  if (c >= channels) return;
  bf16 sum = to_bf16(0);  // BUG: 8 bits, so that past 256 a 1 changes nothing
  for (int64_t row = 0; row < rows; ++row) {
    sum = to_bf16(to_float(sum) + to_float(dy[row * channels + c]));
  }
  db[c] = to_float(sum);
}

void launch_sum_in_bf16(Backend& backend, View dy, View db) {
  launch(backend, {blocks_for(db.count(), kThreads), kThreads}, sum_in_bf16)(
      dy.as<bf16>(), db.as<float>(), dy.count() / db.count(), db.count());
}

/// One thread a channel.
__global__ void index_in_8_bits(const float* dy, float* db, int64_t rows, int64_t channels) {
  const int64_t c = grid_thread();
  if (c >= channels) return;
  float sum = 0;
  uint8_t count = 0;  // BUG: the first rows come again after 255
  for (int64_t row = 0; row < rows; ++row) sum += dy[count++ * channels + c];
  db[c] = sum;
}

void launch_index_in_8_bits(Backend& backend, View dy, View db) {
  launch(backend, {blocks_for(db.count(), kThreads), kThreads}, index_in_8_bits)(
      dy.as<float>(), db.as<float>(), dy.count() / db.count(), db.count());
}

__global__ void cast_wraps_around(const float* x, uint8_t* y, int64_t count) {
  const int64_t i = grid_thread();
  if (i < count) y[i] = static_cast<uint8_t>(convert<int32_t>(x[i]));  // BUG: 256 becomes 0
}

void launch_cast_wraps_around(Backend& backend, View x, View y) {
  launch(backend, {blocks_for(y.count(), kThreads), kThreads}, cast_wraps_around)(
      x.as<float>(), y.as<uint8_t>(), y.count());
}

bool is_to_u8(View /*x*/, View y) { return y.dtype == DType::u8; }

__global__ void cast_cuts_off(const float* x, bf16* y, int64_t count) {
  const int64_t i = grid_thread();
  // BUG: the lower half is cut off, not rounded
  if (i < count) y[i] = {static_cast<uint16_t>(std::bit_cast<uint32_t>(x[i]) >> 16)};
}

void launch_cast_cuts_off(Backend& backend, View x, View y) {
  launch(backend, {blocks_for(y.count(), kThreads), kThreads}, cast_cuts_off)(
      x.as<float>(), y.as<bf16>(), y.count());
}

bool is_to_bf16(View /*x*/, View y) { return y.dtype == DType::bf16; }

/// One thread an image and channel.
__global__ void mean_by_wrong_count(const float* x, float* y, int64_t height, int64_t width,
                                    int64_t channels) {
  const int64_t n = blockIdx.x, c = threadIdx.x;
  float sum = 0;
  for (int64_t i = 0; i < height * width; ++i) sum += x[(n * height * width + i) * channels + c];
  y[n * channels + c] = sum / static_cast<float>(height * height);  // BUG: height * width
}

void launch_mean_by_wrong_count(Backend& backend, View x, View y) {
  const auto images = static_cast<unsigned>(x.shape[0]);
  const auto channels = static_cast<unsigned>(x.shape[3]);
  launch(backend, {images, channels}, mean_by_wrong_count)(x.as<float>(), y.as<float>(), x.shape[1],
                                                           x.shape[2], channels);
}

// --- softmax, one thread a row ---

__global__ void softmax_without_maximum(const float* x, float* y, int64_t columns) {
  const int64_t row = threadIdx.x * columns;
  float sum = 0;
  for (int64_t c = 0; c < columns; ++c) sum += expf(x[row + c]);  // BUG: infinite from 89 on
  for (int64_t c = 0; c < columns; ++c) y[row + c] = expf(x[row + c]) / sum;
}

__global__ void logarithm_of_softmax(const float* x, float* y, int64_t columns) {
  const int64_t row = threadIdx.x * columns;
  float largest = x[row], sum = 0;
  for (int64_t c = 1; c < columns; ++c) largest = fmaxf(largest, x[row + c]);
  for (int64_t c = 0; c < columns; ++c) sum += expf(x[row + c] - largest);
  for (int64_t c = 0; c < columns; ++c) {
    y[row + c] = logf(expf(x[row + c] - largest) / sum);  // BUG: small ones become 0, and -inf
  }
}

template <void (*kernel)(const float*, float*, int64_t)>
void launch_rows(Backend& backend, View x, View y) {
  const int64_t columns = x.shape.back();
  launch(backend, {1, static_cast<unsigned>(x.count() / columns)}, kernel)(x.as<float>(),
                                                                           y.as<float>(), columns);
}

// --- batch norm, one thread a channel ---

enum class Slip {
  running_variance_biased,
  unbiased_variance_used,
  momentum_swapped,
  variance_in_one_pass,
  mean_moved_into_variance
};

/// The bug is the line that asks for `slip`.
template <Slip slip>
__global__ void norm(const float* x, const float* weight, const float* bias, float* running_mean,
                     float* running_var, float* saved_mean, float* saved_rstd, float* y,
                     int64_t rows, int64_t channels, float eps, float momentum) {
  const int64_t c = grid_thread();
  if (c >= channels) return;
  const float n = static_cast<float>(rows);
  float sum = 0, squares = 0;
  for (int64_t row = 0; row < rows; ++row) sum += x[row * channels + c];
  const float mean = sum / n;
  const float centre = slip == Slip::variance_in_one_pass ? 0 : mean;
  for (int64_t row = 0; row < rows; ++row) {
    const float difference = x[row * channels + c] - centre;
    squares += difference * difference;
  }
  if (slip == Slip::variance_in_one_pass) squares -= n * mean * mean;  // cancels
  const float var = slip == Slip::unbiased_variance_used ? squares / (n - 1) : squares / n;
  const float moved = slip == Slip::running_variance_biased ? squares / n : squares / (n - 1);
  const float rstd = 1 / sqrtf(var + eps);
  const float move = slip == Slip::momentum_swapped ? 1 - momentum : momentum;
  saved_mean[c] = mean;
  saved_rstd[c] = rstd;
  running_mean[c] += move * (mean - running_mean[c]);
  const float to = slip == Slip::mean_moved_into_variance ? mean : moved;
  running_var[c] += move * (to - running_var[c]);
  for (int64_t row = 0; row < rows; ++row) {
    y[row * channels + c] = (x[row * channels + c] - mean) * rstd * weight[c] + bias[c];
  }
}

template <Slip slip>
void launch_norm(Backend& backend, const BatchNorm& p, View x, View weight, View bias,
                 View /*residual*/, View running_mean, View running_var, View saved_mean,
                 View saved_rstd, View y) {
  const int64_t channels = weight.count();
  launch(backend, {blocks_for(channels, kThreads), kThreads}, norm<slip>)(
      x.as<float>(), weight.as<float>(), bias.as<float>(), running_mean.as<float>(),
      running_var.as<float>(), saved_mean.as<float>(), saved_rstd.as<float>(), y.as<float>(),
      x.count() / channels, channels, static_cast<float>(p.eps), static_cast<float>(p.momentum));
}

bool is_plain(const BatchNorm& p, View x, View weight, View, View residual, View, View, View, View,
              View) {
  return p.activation == Activation::none && !residual && x.count() > weight.count();
}

__global__ void missing_epsilon(const float* x, const float* weight, const float* bias,
                                const float* mean, const float* var, float* y, int64_t count,
                                int64_t channels) {
  const int64_t i = grid_thread(), c = i % channels;
  if (i >= count) return;
  y[i] = (x[i] - mean[c]) / sqrtf(var[c]) * weight[c] + bias[c];  // BUG: var + eps
}

void launch_missing_epsilon(Backend& backend, const BatchNorm& /*p*/, View x, View weight,
                            View bias, View mean, View var, View /*residual*/, View y) {
  launch(backend, {blocks_for(y.count(), kThreads), kThreads}, missing_epsilon)(
      x.as<float>(), weight.as<float>(), bias.as<float>(), mean.as<float>(), var.as<float>(),
      y.as<float>(), y.count(), weight.count());
}

bool is_plain_frozen(const BatchNorm& p, View, View, View, View, View, View residual, View) {
  return p.activation == Activation::none && !residual;
}

// --- activations, maxima and ties ---

__global__ void gradient_at_zero(Activation kind, const float* y, const float* dy, float* dx,
                                 int64_t count) {
  const int64_t i = grid_thread();
  if (i >= count) return;
  dx[i] = kind == Activation::relu ? (y[i] >= 0 ? dy[i] : 0)  // BUG: 0 lets nothing through
                                   : activation_gradient(kind, y[i], dy[i]);
}

void launch_gradient_at_zero(Backend& backend, Activation kind, View y, View dy, View dx) {
  launch(backend, {blocks_for(y.count(), kThreads), kThreads}, gradient_at_zero)(
      kind, y.as<float>(), dy.as<float>(), dx.as<float>(), y.count());
}

__global__ void relu_drops_nan(Activation kind, const float* x, float* y, int64_t count) {
  const int64_t i = grid_thread();
  if (i >= count) return;
  // BUG: fmaxf gives the number where one of two is NaN
  y[i] = kind == Activation::relu ? fmaxf(x[i], 0) : activate(kind, x[i]);
}

void launch_relu_drops_nan(Backend& backend, Activation kind, View x, View y) {
  launch(backend, {blocks_for(y.count(), kThreads), kThreads}, relu_drops_nan)(
      kind, x.as<float>(), y.as<float>(), y.count());
}

enum class PickSlip { last_of_ties, nan_ignored, starts_from_zero };

/// One thread a row. The bug is the line that asks for `slip`.
template <PickSlip slip>
__global__ void pick(const float* x, int64_t* indices, int64_t rows, int64_t columns) {
  const int64_t row = grid_thread();
  if (row >= rows) return;
  x += row * columns;
  int64_t best = 0;
  float largest = slip == PickSlip::starts_from_zero ? 0 : x[0];
  for (int64_t c = 1; c < columns; ++c) {
    bool larger = x[c] > largest || (x[c] != x[c] && largest == largest);
    if (slip == PickSlip::nan_ignored) larger = x[c] > largest;
    if (slip == PickSlip::last_of_ties) larger = larger || x[c] == largest;
    if (larger) {
      best = c;
      largest = x[c];
    }
  }
  indices[row] = best;
}

template <PickSlip slip>
void launch_pick(Backend& backend, View x, View indices) {
  launch(backend, {blocks_for(indices.count(), kThreads), kThreads}, pick<slip>)(
      x.as<float>(), indices.as<int64_t>(), indices.count(), x.shape.back());
}

TAILOR_KERNEL(table(), sum_to_channels, bf16, "sum_in_bf16", launch_sum_in_bf16);
TAILOR_KERNEL(table(), sum_to_channels, f32, "index_in_8_bits", launch_index_in_8_bits);
TAILOR_KERNEL(table(), cast, f32, "cast_wraps_around", launch_cast_wraps_around, is_to_u8);
TAILOR_KERNEL(table(), cast, f32, "cast_cuts_off", launch_cast_cuts_off, is_to_bf16);
TAILOR_KERNEL(table(), global_avg_pool, f32, "mean_by_wrong_count", launch_mean_by_wrong_count);
TAILOR_KERNEL(table(), softmax, f32, "softmax_without_maximum",
              launch_rows<softmax_without_maximum>);
TAILOR_KERNEL(table(), log_softmax, f32, "logarithm_of_softmax", launch_rows<logarithm_of_softmax>);
TAILOR_KERNEL(table(), batch_norm, f32, "running_variance_biased",
              launch_norm<Slip::running_variance_biased>, is_plain);
TAILOR_KERNEL(table(), batch_norm, f32, "unbiased_variance_used",
              launch_norm<Slip::unbiased_variance_used>, is_plain);
TAILOR_KERNEL(table(), batch_norm, f32, "momentum_swapped", launch_norm<Slip::momentum_swapped>,
              is_plain);
TAILOR_KERNEL(table(), batch_norm, f32, "variance_in_one_pass",
              launch_norm<Slip::variance_in_one_pass>, is_plain);
TAILOR_KERNEL(table(), batch_norm, f32, "mean_moved_into_variance",
              launch_norm<Slip::mean_moved_into_variance>, is_plain);
TAILOR_KERNEL(table(), batch_norm_frozen, f32, "missing_epsilon", launch_missing_epsilon,
              is_plain_frozen);
TAILOR_KERNEL(table(), activation_backward, f32, "gradient_at_zero", launch_gradient_at_zero);
TAILOR_KERNEL(table(), activation, f32, "relu_drops_nan", launch_relu_drops_nan);
TAILOR_KERNEL(table(), argmax, f32, "last_of_ties", launch_pick<PickSlip::last_of_ties>);
TAILOR_KERNEL(table(), argmax, f32, "nan_ignored", launch_pick<PickSlip::nan_ignored>);
TAILOR_KERNEL(table(), argmax, f32, "starts_from_zero", launch_pick<PickSlip::starts_from_zero>);

}  // namespace
}  // namespace tailor::cuda
