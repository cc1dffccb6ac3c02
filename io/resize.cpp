#include "io/resize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "io/resize_rows.h"

namespace tailor::io {
namespace {

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
  std::vector<Window> windows;
  std::vector<int32_t> weights;  ///< what the windows point into
  int input_begin = 0;           ///< the input positions that any window reads
  int input_end = 0;
};

/// The `count` outputs from `begin` when `in` positions become `out`. Pillow's coefficients: the
/// filter is stretched by the scale when shrinking, its weights sum to one and are then rounded.
Axis make_axis(int in, int64_t out, int64_t begin, int count, Filter filter) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double filter_scale = std::max(scale, 1.0);
  const double inverse = 1.0 / filter_scale;
  const double support = (filter == Filter::bilinear ? 1.0 : 2.0) * filter_scale;
  const size_t max_taps = static_cast<size_t>(std::ceil(support)) * 2 + 1;
  Axis axis;
  axis.windows.reserve(static_cast<size_t>(count));
  axis.weights.resize(static_cast<size_t>(count) * max_taps);
  axis.input_begin = in;
  std::vector<double> real(max_taps);
  int32_t* weights = axis.weights.data();
  for (int i = 0; i < count; ++i) {
    const double center = (static_cast<double>(begin + i) + 0.5) * scale;
    const int low = std::max(static_cast<int>(center - support + 0.5), 0);
    const int high = std::min(static_cast<int>(center + support + 0.5), in);
    double sum = 0.0;
    for (int x = low; x < high; ++x) {
      const double t = (x - center + 0.5) * inverse;
      const double weight = filter == Filter::bilinear ? bilinear(t) : bicubic(t);
      real[static_cast<size_t>(x - low)] = weight;
      sum += weight;
    }
    int taps = high - low;
    for (int k = 0; k < taps; ++k) {
      const double weight = real[static_cast<size_t>(k)] / sum * (1 << kWeightBits);
      weights[k] = static_cast<int32_t>(weight + std::copysign(0.5, weight));
    }
    while (taps > 1 && weights[taps - 1] == 0) --taps;
    axis.windows.push_back({low, taps, weights});
    weights += taps;
    axis.input_begin = std::min(axis.input_begin, low);
    axis.input_end = std::max(axis.input_end, low + taps);
  }
  return axis;
}

}  // namespace

Image resize(const Image& source, const Frame& frame, Filter filter) {
  const auto& [cut, width, height, box] = frame;
  const Axis horizontal = make_axis(cut.width, width, box.left, box.width, filter);
  const Axis vertical = make_axis(cut.height, height, box.top, box.height, filter);
  const size_t in_stride = static_cast<size_t>(source.width) * 3;
  const size_t out_stride = static_cast<size_t>(box.width) * 3;

  // First along the rows, for those rows that the second pass reads.
  const auto first_row = static_cast<size_t>(vertical.input_begin);
  const auto rows = static_cast<size_t>(vertical.input_end) - first_row;
  std::vector<uint8_t> narrowed(rows * out_stride + kRowPadding);
  const uint8_t* in = source.rgb.data() + (static_cast<size_t>(cut.top) + first_row) * in_stride +
                      static_cast<size_t>(cut.left) * 3;
  for (size_t y = 0; y + 1 < rows; ++y) {
    filter_row(in + y * in_stride, horizontal.windows, narrowed.data() + y * out_stride);
  }
  const size_t cut_bytes = static_cast<size_t>(cut.width) * 3;
  std::vector<uint8_t> last_row(cut_bytes + kRowPadding);  // nothing may follow it in `source`
  std::copy_n(in + (rows - 1) * in_stride, cut_bytes, last_row.begin());
  filter_row(last_row.data(), horizontal.windows, narrowed.data() + (rows - 1) * out_stride);

  Image result{box.width, box.height, {}};
  result.rgb.resize(static_cast<size_t>(box.height) * out_stride);
  uint8_t* out = result.rgb.data();
  for (const Window& window : vertical.windows) {
    const size_t row = static_cast<size_t>(window.first) - first_row;
    blend_rows(narrowed.data() + row * out_stride, out_stride, window, out);
    out += out_stride;
  }
  return result;
}

Image resize(const Image& source, int width, int height, Filter filter) {
  const Frame all{{0, 0, source.width, source.height}, width, height, {0, 0, width, height}};
  return resize(source, all, filter);
}

}  // namespace tailor::io
