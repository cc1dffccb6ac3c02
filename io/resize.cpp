#include "io/resize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace tailor::io {
namespace {

constexpr int kWeightBits = 22;  // of the fraction: sums of 8-bit pixels stay within 32 bits

double bilinear(double t) { return std::max(0.0, 1.0 - std::abs(t)); }

/// Keys's cubic convolution with a = -0.5.
double bicubic(double t) {
  constexpr double a = -0.5;
  t = std::abs(t);
  if (t < 1.0) return ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0;
  if (t < 2.0) return (((t - 5.0) * t + 8.0) * t - 4.0) * a;
  return 0.0;
}

/// Where each output position of one axis takes its sum from, and with which weights.
struct Axis {
  struct Window {
    int first;  ///< input position of the first weight
    int taps;
  };
  std::vector<Window> windows;
  std::vector<int32_t> weights;  ///< `stride` for each window, the rest of them 0
  int stride = 0;
  int input_begin = 0;  ///< the input positions that any window reads
  int input_end = 0;

  const int32_t* weights_of(size_t i) const {
    return weights.data() + i * static_cast<size_t>(stride);
  }
};

/// The `count` outputs from `begin` when `in` positions become `out`
/// (Pillow's precompute_coeffs, restated).
Axis make_axis(int in, int64_t out, int64_t begin, int count, Filter filter) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double filter_scale = std::max(scale, 1.0);
  const double inverse = 1.0 / filter_scale;
  const double support = (filter == Filter::bilinear ? 1.0 : 2.0) * filter_scale;
  Axis axis;
  axis.stride = static_cast<int>(std::ceil(support)) * 2 + 1;
  axis.windows.reserve(static_cast<size_t>(count));
  axis.weights.assign(static_cast<size_t>(count) * static_cast<size_t>(axis.stride), 0);
  std::vector<double> real(static_cast<size_t>(axis.stride));
  axis.input_begin = in;
  for (int i = 0; i < count; ++i) {
    const double center = (static_cast<double>(begin + i) + 0.5) * scale;
    int low = std::max(static_cast<int>(center - support + 0.5), 0);
    int high = std::min(static_cast<int>(center + support + 0.5), in);
    double sum = 0.0;
    for (int x = low; x < high; ++x) {
      const double t = (x - center + 0.5) * inverse;
      const double weight = filter == Filter::bilinear ? bilinear(t) : bicubic(t);
      real[static_cast<size_t>(x - low)] = weight;
      sum += weight;
    }
    int32_t* fixed =
        axis.weights.data() + static_cast<size_t>(i) * static_cast<size_t>(axis.stride);
    int taps = 0;
    for (int x = low; x < high; ++x) {
      const double weight = real[static_cast<size_t>(x - low)] / sum * (1 << kWeightBits);
      fixed[taps++] = static_cast<int32_t>(weight + std::copysign(0.5, weight));
    }
    while (taps > 1 && fixed[taps - 1] == 0) --taps;
    axis.windows.push_back({low, taps});
    axis.input_begin = std::min(axis.input_begin, low);
    axis.input_end = std::max(axis.input_end, low + taps);
  }
  return axis;
}

uint8_t round_to_byte(int32_t sum) {
  return static_cast<uint8_t>(std::clamp((sum + (1 << (kWeightBits - 1))) >> kWeightBits, 0, 255));
}

void resize_row(const uint8_t* in, const Axis& axis, uint8_t* out) {
  for (size_t i = 0; i < axis.windows.size(); ++i) {
    const auto [first, taps] = axis.windows[i];
    const int32_t* weights = axis.weights_of(i);
    const uint8_t* pixel = in + static_cast<size_t>(first) * 3;
    int32_t red = 0;
    int32_t green = 0;
    int32_t blue = 0;
    for (int k = 0; k < taps; ++k, pixel += 3) {
      red += weights[k] * pixel[0];
      green += weights[k] * pixel[1];
      blue += weights[k] * pixel[2];
    }
    out[i * 3] = round_to_byte(red);
    out[i * 3 + 1] = round_to_byte(green);
    out[i * 3 + 2] = round_to_byte(blue);
  }
}

/// One row from `taps` rows of `size` bytes.
void blend_rows(const uint8_t* rows, size_t size, const int32_t* weights, int taps,
                std::vector<int32_t>& sums, uint8_t* out) {
  std::fill(sums.begin(), sums.end(), 0);
  for (int k = 0; k < taps; ++k) {
    const uint8_t* row = rows + static_cast<size_t>(k) * size;
    const int32_t weight = weights[k];
    for (size_t x = 0; x < size; ++x) sums[x] += weight * row[x];
  }
  for (size_t x = 0; x < size; ++x) out[x] = round_to_byte(sums[x]);
}

}  // namespace

Image resize_crop(const Image& source, int64_t width, int64_t height, const Box& box,
                  Filter filter) {
  const Axis horizontal = make_axis(source.width, width, box.left, box.width, filter);
  const Axis vertical = make_axis(source.height, height, box.top, box.height, filter);
  const size_t in_stride = static_cast<size_t>(source.width) * 3;
  const size_t out_stride = static_cast<size_t>(box.width) * 3;

  const auto first_row = static_cast<size_t>(vertical.input_begin);
  const auto rows = static_cast<size_t>(vertical.input_end) - first_row;
  std::vector<uint8_t> narrowed(rows * out_stride);
  for (size_t y = 0; y < rows; ++y) {
    resize_row(source.rgb.data() + (first_row + y) * in_stride, horizontal,
               narrowed.data() + y * out_stride);
  }

  Image result{box.width, box.height, {}};
  result.rgb.resize(static_cast<size_t>(box.height) * out_stride);
  std::vector<int32_t> sums(out_stride);
  for (size_t y = 0; y < vertical.windows.size(); ++y) {
    const auto [first, taps] = vertical.windows[y];
    blend_rows(narrowed.data() + (static_cast<size_t>(first) - first_row) * out_stride, out_stride,
               vertical.weights_of(y), taps, sums, result.rgb.data() + y * out_stride);
  }
  return result;
}

Image resize(const Image& source, int width, int height, Filter filter) {
  return resize_crop(source, width, height, {0, 0, width, height}, filter);
}

}  // namespace tailor::io
