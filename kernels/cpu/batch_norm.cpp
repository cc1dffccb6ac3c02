// Batch norm, with the batch's statistics or with the running ones. Bound by memory: each tensor is
// read or written as rarely as can be.
#include <cmath>

#include "kernels/cpu/activation.h"
#include "kernels/cpu/row_sums.h"

namespace tailor::cpu {
namespace {

/// Numbers by channel, with which a row is computed.
class PerChannel {
 public:
  explicit PerChannel(Backend& backend, int64_t channels)
      : buffer_(backend.memory(), static_cast<size_t>(channels) * sizeof(float)) {}
  float& operator[](int64_t c) { return data()[c]; }
  float* data() const { return static_cast<float*>(buffer_.data()); }

 private:
  Buffer buffer_;
};

// (x - mean) first: x * scale + (bias - mean * scale) would lose digits where the mean is large.
template <Activation kind>
TAILOR_VECTORIZED void normalize_rows(const float* x, const float* mean, const float* scale,
                                      const float* bias, const float* residual, float* y,
                                      int64_t rows, int64_t channels) {
  for (int64_t row = 0; row < rows; ++row, x += channels, y += channels) {
    if (residual == nullptr) {
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c) {
        y[c] = activate<kind>((x[c] - mean[c]) * scale[c] + bias[c]);
      }
    } else {
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c) {
        y[c] = activate<kind>((x[c] - mean[c]) * scale[c] + bias[c] + residual[c]);
      }
      residual += channels;
    }
  }
}

void normalize(Backend& backend, Activation activation, const View& x, const float* mean,
               const float* scale, const View& bias, const View& residual, const View& y) {
  const int64_t channels = x.shape.back();
  with_activation(activation, [&](auto kind) {
    for_parts(backend, x.count() / channels, rows_of(kPart, channels),
              [&](int64_t begin, int64_t end) {
                const int64_t at = begin * channels;
                normalize_rows<kind>(x.as<float>() + at, mean, scale, bias.as<float>(),
                                     residual ? residual.as<float>() + at : nullptr,
                                     y.as<float>() + at, end - begin, channels);
              });
  });
}

TAILOR_VECTORIZED void add_moments(const float* x, const float* shift, int64_t rows,
                                   int64_t channels, float* sums) {
  float* squares = sums + channels;
  for (int64_t row = 0; row < rows; ++row, x += channels) {
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      const float difference = x[c] - shift[c];
      sums[c] += difference;
      squares[c] += difference * difference;
    }
  }
}

/// Means of some rows, evenly spread: close to the true means, so that sums of squared differences
/// from them cancel little (Chan, Golub and LeVeque, "Algorithms for computing the sample
/// variance", 1983).
void estimate_means(const float* x, int64_t rows, int64_t channels, PerChannel& means) {
  const int64_t samples = std::min(rows, kRowsInFloat);
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (int64_t i = 0; i < samples; ++i) sum += x[i * rows / samples * channels + c];
    means[c] = static_cast<float>(sum / static_cast<double>(samples));
  }
}

void batch_norm(Backend& backend, const BatchNorm& p, View x, View weight, View bias, View residual,
                View running_mean, View running_var, View saved_mean, View saved_rstd, View y) {
  const int64_t channels = x.shape.back();
  const int64_t rows = x.count() / channels;
  if (rows < 2) {
    throw Error("batch_norm: expected more than one element per channel in training, got x {}",
                to_string(x.shape));
  }
  PerChannel shift(backend, channels);
  estimate_means(x.as<float>(), rows, channels, shift);
  const double* sums =
      sum_rows(backend, rows, channels, 2, [&](int64_t begin, int64_t end, float* part) {
        add_moments(x.as<float>() + begin * channels, shift.data(), end - begin, channels, part);
      });
  const auto n = static_cast<double>(rows);
  PerChannel scale(backend, channels);
  for (int64_t c = 0; c < channels; ++c) {
    const double mean = shift[c] + sums[c] / n;
    const double squares = std::max(0.0, sums[channels + c] - sums[c] * sums[c] / n);
    const double rstd = 1 / std::sqrt(squares / n + p.eps);
    saved_mean.as<float>()[c] = static_cast<float>(mean);
    saved_rstd.as<float>()[c] = static_cast<float>(rstd);
    scale[c] = static_cast<float>(rstd * weight.as<float>()[c]);
    float& moving_mean = running_mean.as<float>()[c];
    float& moving_var = running_var.as<float>()[c];
    moving_mean = static_cast<float>((1 - p.momentum) * moving_mean + p.momentum * mean);
    moving_var =
        static_cast<float>((1 - p.momentum) * moving_var + p.momentum * (squares / (n - 1)));
  }
  normalize(backend, p.activation, x, saved_mean.as<float>(), scale.data(), bias, residual, y);
}

void batch_norm_frozen(Backend& backend, const BatchNorm& p, View x, View weight, View bias,
                       View mean, View var, View residual, View y) {
  const int64_t channels = x.shape.back();
  PerChannel scale(backend, channels);
  for (int64_t c = 0; c < channels; ++c) {
    scale[c] = static_cast<float>(weight.as<float>()[c] / std::sqrt(var.as<float>()[c] + p.eps));
  }
  normalize(backend, p.activation, x, mean.as<float>(), scale.data(), bias, residual, y);
}

/// What backward reads and writes at each element; sums, dx and dresidual may be missing.
struct Gradients {
  const float* x;
  const float* y;
  const float* dy;
  float* dx;
  float* dresidual;

  Gradients from(int64_t at) const {
    const auto later = [at](auto* data) { return data == nullptr ? nullptr : data + at; };
    return {later(x), later(y), later(dy), later(dx), later(dresidual)};
  }
};

// g = the gradient before the activation: sums [2, channels] += g and g (x - mean),
// dresidual = g, dx = g * scale. A row stays in the cache between its loops.
template <Activation kind>
TAILOR_VECTORIZED void backward_rows(Gradients p, const float* mean, const float* scale,
                                     int64_t rows, int64_t channels, float* sums) {
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t at = row * channels;
    const float* x = p.x + at;
    const float* y = kind == Activation::none ? p.dy + at : p.y + at;
    const float* dy = p.dy + at;
    if (sums != nullptr) {
      float* products = sums + channels;
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c) {
        const float g = activation_gradient<kind>(y[c], dy[c]);
        sums[c] += g;
        products[c] += g * (x[c] - mean[c]);
      }
    }
    if (p.dresidual != nullptr) {
      float* dresidual = p.dresidual + at;
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c) {
        dresidual[c] = activation_gradient<kind>(y[c], dy[c]);
      }
    }
    if (p.dx != nullptr) {
      float* dx = p.dx + at;
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c) {
        dx[c] = activation_gradient<kind>(y[c], dy[c]) * scale[c];
      }
    }
  }
}

// dx = g * scale + (x - mean) * slope + offset
template <Activation kind>
TAILOR_VECTORIZED void subtract_means(Gradients p, const float* mean, const float* scale,
                                      const float* slope, const float* offset, int64_t rows,
                                      int64_t channels) {
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t at = row * channels;
    const float* x = p.x + at;
    const float* y = kind == Activation::none ? p.dy + at : p.y + at;
    const float* dy = p.dy + at;
    float* dx = p.dx + at;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      const float g = activation_gradient<kind>(y[c], dy[c]);
      dx[c] = g * scale[c] + ((x[c] - mean[c]) * slope[c] + offset[c]);
    }
  }
}

/// The sums over g of sum_rows; writes what `p` has room for on the way.
const double* backward_sums(Backend& backend, Activation activation, const Gradients& p,
                            const float* mean, const float* scale, int64_t rows, int64_t channels) {
  const double* sums = nullptr;
  with_activation(activation, [&](auto kind) {
    sums = sum_rows(backend, rows, channels, 2, [&](int64_t begin, int64_t end, float* part) {
      backward_rows<kind>(p.from(begin * channels), mean, scale, end - begin, channels, part);
    });
  });
  return sums;
}

void batch_norm_backward(Backend& backend, const BatchNorm& p, View x, View y, View dy, View weight,
                         View saved_mean, View saved_rstd, View dx, View dweight, View dbias,
                         View dresidual) {
  const int64_t channels = x.shape.back();
  const int64_t rows = x.count() / channels;
  const float* mean = saved_mean.as<float>();
  Gradients gradients{x.as<float>(), y.as<float>(), dy.as<float>(), nullptr, dresidual.as<float>()};
  const double* sums =
      backward_sums(backend, p.activation, gradients, mean, nullptr, rows, channels);

  // dx = weight rstd (g - mean(g) - x^ mean(g x^)), with x^ = (x - mean) rstd (section 3).
  PerChannel scale(backend, channels), slope(backend, channels), offset(backend, channels);
  for (int64_t c = 0; c < channels; ++c) {
    const double rstd = saved_rstd.as<float>()[c];
    const double factor = weight.as<float>()[c] * rstd;
    const double products = sums[channels + c] * rstd;
    scale[c] = static_cast<float>(factor);
    slope[c] = static_cast<float>(-factor * rstd * products / static_cast<double>(rows));
    offset[c] = static_cast<float>(-factor * sums[c] / static_cast<double>(rows));
    dweight.as<float>()[c] = static_cast<float>(products);
    dbias.as<float>()[c] = static_cast<float>(sums[c]);
  }
  Activation activation = p.activation;
  if (dresidual) {  // g lies there by now
    gradients.dy = dresidual.as<float>();
    activation = Activation::none;
  }
  gradients.dx = dx.as<float>();
  gradients.dresidual = nullptr;
  with_activation(activation, [&](auto kind) {
    for_parts(backend, rows, rows_of(kPart, channels), [&](int64_t begin, int64_t end) {
      subtract_means<kind>(gradients.from(begin * channels), mean, scale.data(), slope.data(),
                           offset.data(), end - begin, channels);
    });
  });
}

void batch_norm_frozen_backward(Backend& backend, const BatchNorm& p, View x, View y, View dy,
                                View weight, View mean, View var, View dx, View dweight, View dbias,
                                View dresidual) {
  const int64_t channels = dy.shape.back();
  const int64_t rows = dy.count() / channels;
  const auto rstd = [&](int64_t c) { return 1 / std::sqrt(var.as<float>()[c] + p.eps); };
  PerChannel scale(backend, channels);
  for (int64_t c = 0; c < channels; ++c) {
    scale[c] = static_cast<float>(weight.as<float>()[c] * rstd(c));
  }
  const Gradients gradients{x.as<float>(), y.as<float>(), dy.as<float>(), dx.as<float>(),
                            dresidual.as<float>()};
  if (dweight) {
    const double* sums = backward_sums(backend, p.activation, gradients, mean.as<float>(),
                                       scale.data(), rows, channels);
    for (int64_t c = 0; c < channels; ++c) {
      dweight.as<float>()[c] = static_cast<float>(sums[channels + c] * rstd(c));
      dbias.as<float>()[c] = static_cast<float>(sums[c]);
    }
    return;
  }
  with_activation(p.activation, [&](auto kind) {
    for_parts(backend, rows, rows_of(kPart, channels), [&](int64_t begin, int64_t end) {
      backward_rows<kind>(gradients.from(begin * channels), mean.as<float>(), scale.data(),
                          end - begin, channels, nullptr);
    });
  });
}

TAILOR_KERNEL(cpu_table(), batch_norm, f32, "vector", batch_norm);
TAILOR_KERNEL(cpu_table(), batch_norm_backward, f32, "vector", batch_norm_backward);
TAILOR_KERNEL(cpu_table(), batch_norm_frozen, f32, "vector", batch_norm_frozen);
TAILOR_KERNEL(cpu_table(), batch_norm_frozen_backward, f32, "vector", batch_norm_frozen_backward);

}  // namespace
}  // namespace tailor::cpu
