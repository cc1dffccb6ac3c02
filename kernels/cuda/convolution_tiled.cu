// Convolution and its two gradients as products of matrices ("implicit GEMM"): the matrix that
// holds a window of the picture in each row would be large, so that it is never written; its
// elements are found in the picture when a tile is copied to shared memory. tile.h has the rest.
//
//            result               a                           b                   sum over
//   forward  y  [pixel, out]      x's windows [pixel, tap]    w  [out, tap]       kh, kw, in
//   data     dx [pixel, in]       dy's windows [pixel, tap]   w  [in, tap]        kh, kw, out
//   filter   dw [out, tap]        dy [out, pixel]             x's windows         n, oh, ow
//
// A tap is a place of the filter with a channel, a pixel a place of a picture with its number.
// A group of channels is a product of its own, z of the grid.
#include "kernels/cuda/convolution.h"
#include "kernels/cuda/divide.h"
#include "kernels/cuda/tile.h"

namespace tailor::cuda {
namespace {

/// Along one direction, the window of position i begins at i * stride + offset, and its taps are
/// `step` apart (backwards when negative).
struct Walk {
  int positions;
  int stride;
  int offset;
  int taps;
  int step;
};

/// The windows over a picture [N, height, width, channels]: what position (n, i, j) has at tap
/// (kh, kw, c); zero outside the picture.
template <class T>
class Windows {
 public:
  Windows(const View& picture, const Walk& down, const Walk& right, int group_channels)
      : data_(picture.as<T>()),
        height_(static_cast<int>(picture.shape[1])),
        width_(static_cast<int>(picture.shape[2])),
        channels_(static_cast<int>(picture.shape[3])),
        group_channels_(group_channels),
        down_(down),
        right_(right),
        by_rows_(std::max(1, down.positions)),
        by_columns_(std::max(1, right.positions)),
        by_taps_(std::max(1, right.taps)),
        by_channels_(group_channels) {}

  struct Position {
    const T* picture;  ///< of this n
    int top, left;     ///< the first tap
  };
  struct Tap {
    int down, right;  ///< from the first tap
    int channel;      ///< in the group
  };

  __device__ __forceinline__ Position position(int i) const {
    const int line = by_columns_.quotient(i);
    const int n = by_rows_.quotient(line);
    return {data_ + int64_t{n} * height_ * width_ * channels_,
            by_rows_.remainder(line, n) * down_.stride + down_.offset,
            by_columns_.remainder(i, line) * right_.stride + right_.offset};
  }
  __device__ __forceinline__ Tap tap(int i) const {
    const int tap = by_channels_.quotient(i);
    const int kh = by_taps_.quotient(tap);
    return {kh * down_.step, by_taps_.remainder(tap, kh) * right_.step,
            by_channels_.remainder(i, tap)};
  }
  /// V neighbouring channels.
  template <int V>
  __device__ __forceinline__ Vec<float, V> load(int group, const Position& position,
                                                const Tap& tap) const {
    const int y = position.top + tap.down, x = position.left + tap.right;
    if (y < 0 || y >= height_ || x < 0 || x >= width_) return {};
    return load_f32<V>(position.picture + (int64_t{y} * width_ + x) * channels_ +
                       group * group_channels_ + tap.channel);
  }

 private:
  const T* data_;
  int height_, width_, channels_, group_channels_;
  Walk down_, right_;
  Divider by_rows_, by_columns_, by_taps_, by_channels_;
};

/// A line for each position, taps along the depth: neighbouring channels are neighbours there.
template <class T>
struct WindowsByPosition {
  static constexpr bool kAlongDepth = true;
  struct Line {
    typename Windows<T>::Position position;
    int group;
  };

  Windows<T> windows;

  __device__ __forceinline__ Line line(int z, int i) const { return {windows.position(i), z}; }
  template <int V>
  __device__ __forceinline__ Vec<float, V> load(const Line& line, int k) const {
    return windows.template load<V>(line.group, line.position, windows.tap(k));
  }
};

/// A line for each tap, positions along the depth.
template <class T>
struct WindowsByTap {
  static constexpr bool kAlongDepth = false;
  struct Line {
    typename Windows<T>::Tap tap;
    int group;
  };

  Windows<T> windows;

  __device__ __forceinline__ Line line(int z, int i) const { return {windows.tap(i), z}; }
  template <int V>
  __device__ __forceinline__ Vec<float, V> load(const Line& line, int k) const {
    return windows.template load<V>(line.group, windows.position(k), line.tap);
  }
};

Extents extents_of(int64_t count, int64_t rows, int64_t columns, int64_t depth) {
  return {static_cast<int>(count), static_cast<int>(rows), static_cast<int>(columns),
          static_cast<int>(depth)};
}

bool in_fours(const Geometry& g) { return g.group_in % kQuad == 0 && g.group_out % kQuad == 0; }

/// For the gradient of x: with a stride s, an element of x meets only every s-th tap or none, the
/// same ones as those s further on. So x is cut into s phases along each direction, and each
/// becomes a convolution of dy with stride 1 by some of the taps.
struct Phase {
  int first;      ///< element of x, the others stride apart
  int first_tap;  ///< of those it meets,
  int tap_step;   ///< the next ones so far apart
  Walk walk;      ///< over dy

  Phase(int which, int extent, int kernel, int stride, int pad, int dilation) : first(which) {
    // Element i meets tap t where i + pad - t * dilation is a multiple of the stride.
    const auto meets = [&](int tap) { return (first + pad - tap * dilation) % stride == 0; };
    first_tap = 0;
    while (first_tap < kernel && !meets(first_tap)) ++first_tap;
    tap_step = 1;
    while (tap_step * dilation % stride != 0) ++tap_step;
    const int taps = first_tap < kernel ? (kernel - 1 - first_tap) / tap_step + 1 : 0;
    const int offset = taps > 0 ? (first + pad - first_tap * dilation) / stride : 0;
    walk = {.positions = first < extent ? (extent - 1 - first) / stride + 1 : 0,
            .stride = 1,
            .offset = offset,
            .taps = taps,
            .step = -(tap_step * dilation / stride)};
  }
};

/// w [out, kh, kw, in / groups] by lines of input channels; along the depth are the taps of a phase
/// and behind each the output channels.
template <class T>
class PhaseFilter {
 public:
  static constexpr bool kAlongDepth = false;
  using Line = const T*;

  PhaseFilter(const View& w, const Geometry& g, const Phase& down, const Phase& right)
      : data_(w.as<T>()),
        filter_size_(g.taps() * g.group_in),
        kernel_w_(g.kernel_w),
        group_in_(g.group_in),
        group_out_(g.group_out),
        first_h_(down.first_tap),
        first_w_(right.first_tap),
        step_h_(down.tap_step),
        step_w_(right.tap_step),
        by_out_(g.group_out),
        by_taps_(std::max(1, right.walk.taps)) {}

  __device__ __forceinline__ Line line(int z, int i) const {
    return data_ + int64_t{z} * group_out_ * filter_size_ + i;
  }
  template <int V>
  __device__ __forceinline__ Vec<float, V> load(Line line, int k) const {
    const int tap = by_out_.quotient(k);
    const int o = by_out_.remainder(k, tap);
    const int down = by_taps_.quotient(tap);
    const int kh = first_h_ + down * step_h_;
    const int kw = first_w_ + by_taps_.remainder(tap, down) * step_w_;
    return load_f32<V>(line + int64_t{o} * filter_size_ + (kh * kernel_w_ + kw) * group_in_);
  }

 private:
  const T* data_;
  int filter_size_, kernel_w_, group_in_, group_out_, first_h_, first_w_, step_h_, step_w_;
  Divider by_out_, by_taps_;
};

/// The elements of dx [N, H, W, in] that belong to a phase, a row of results for each pixel.
template <class T>
class PhaseSink {
 public:
  PhaseSink(const View& dx, const Conv2d& p, const Geometry& g, const Phase& down,
            const Phase& right)
      : output_(dx),
        height_(g.height),
        width_(g.width),
        channels_(g.in),
        group_in_(g.group_in),
        first_h_(down.first),
        first_w_(right.first),
        stride_h_(p.stride_h),
        stride_w_(p.stride_w),
        by_rows_(down.walk.positions),
        by_columns_(right.walk.positions),
        vectors_(g.group_in % kQuad == 0 && are_aligned(dx)) {}

  __device__ __forceinline__ void store(int z, int row, int column, const Vec<float, kQuad>& sums,
                                        int count) const {
    const int line = by_columns_.quotient(row);
    const int n = by_rows_.quotient(line);
    const int y = first_h_ + by_rows_.remainder(line, n) * stride_h_;
    const int x = first_w_ + by_columns_.remainder(row, line) * stride_w_;
    const int64_t pixel = (int64_t{n} * height_ + y) * width_ + x;
    output_.store_quad(pixel * channels_ + z * group_in_ + column, 0, sums, count, vectors_);
  }

 private:
  Output<T> output_;
  int height_, width_, channels_, group_in_, first_h_, first_w_, stride_h_, stride_w_;
  Divider by_rows_, by_columns_;
  bool vectors_;
};

}  // namespace

bool tiled_takes(const Conv2d& p, View x, View w, View y) {
  constexpr int kWorthATile = 16;  // channels; groups of fewer leave most of a tile empty
  const Geometry g(p, x.shape, w.shape, y.shape);
  const bool worth = p.groups == 1 || (g.group_in >= kWorthATile && g.group_out >= kWorthATile);
  const int64_t in_taps = int64_t{g.taps()} * g.group_in,
                out_taps = int64_t{g.taps()} * g.group_out;
  return worth && tiles_can_take(p.groups, g.out_pixels(), g.group_out, in_taps) &&
         tiles_can_take(p.groups, g.in_pixels(), g.group_in, out_taps) &&
         tiles_can_take(p.groups, g.group_out, in_taps, g.out_pixels());
}

template <class T>
void conv2d_tiled(Backend& backend, const Conv2d& p, View x, const Weights& w, const Epilogue& e,
                  View y) {
  if (y.count() == 0) return;
  const Geometry g(p, x.shape, w.plain.shape, y.shape);
  const Walk down{g.out_height, p.stride_h, -p.pad_top, g.kernel_h, p.dilation_h};
  const Walk right{g.out_width, p.stride_w, -p.pad_left, g.kernel_w, p.dilation_w};
  const int depth = g.taps() * g.group_in;
  const WindowsByPosition<T> a{Windows<T>(x, down, right, g.group_in)};
  const MatrixSource<T, true> b{w.plain.as<T>(), int64_t{g.group_out} * depth, depth};
  const MatrixSink<T> sink{Output<T>(e, y), g.group_out, g.out, g.group_out,
                           g.group_out % kQuad == 0 && are_aligned(y, e.residual)};
  launch_tiled(backend, a, b, extents_of(p.groups, g.out_pixels(), g.group_out, depth), sink,
               g.group_in % kQuad == 0 && are_aligned(x, w.plain));
}

template <class T>
void backward_data_tiled(Backend& backend, const Conv2d& p, View dy, View w, View dx) {
  if (dx.count() == 0) return;
  const Geometry g(p, dx.shape, w.shape, dy.shape);
  for (int i = 0; i < std::min(p.stride_h, g.height); ++i) {
    const Phase down(i, g.height, g.kernel_h, p.stride_h, p.pad_top, p.dilation_h);
    for (int j = 0; j < std::min(p.stride_w, g.width); ++j) {
      const Phase right(j, g.width, g.kernel_w, p.stride_w, p.pad_left, p.dilation_w);
      const int64_t pixels = int64_t{g.batch} * down.walk.positions * right.walk.positions;
      const int64_t depth = int64_t{down.walk.taps} * right.walk.taps * g.group_out;
      const WindowsByPosition<T> a{Windows<T>(dy, down.walk, right.walk, g.group_out)};
      const PhaseFilter<T> b(w, g, down, right);
      launch_tiled(backend, a, b, extents_of(p.groups, pixels, g.group_in, depth),
                   PhaseSink<T>(dx, p, g, down, right), in_fours(g) && are_aligned(dy, w));
    }
  }
}

template <class T>
void backward_filter_tiled(Backend& backend, const Conv2d& p, View x, View dy, View dw) {
  if (dw.count() == 0) return;
  const Geometry g(p, x.shape, dw.shape, dy.shape);
  const Walk down{g.out_height, p.stride_h, -p.pad_top, g.kernel_h, p.dilation_h};
  const Walk right{g.out_width, p.stride_w, -p.pad_left, g.kernel_w, p.dilation_w};
  const int taps = g.taps() * g.group_in;
  const MatrixSource<T, false> a{dy.as<T>(), g.group_out, g.out};
  const WindowsByTap<T> b{Windows<T>(x, down, right, g.group_in)};
  const MatrixSink<T> sink{Output<T>(dw), int64_t{g.group_out} * taps, taps, 0,
                           taps % kQuad == 0 && are_aligned(dw)};
  launch_tiled(backend, a, b, extents_of(p.groups, g.group_out, taps, g.out_pixels()), sink,
               in_fours(g) && are_aligned(x, dy));
}

template void conv2d_tiled<float>(Backend&, const Conv2d&, View, const Weights&, const Epilogue&,
                                  View);
template void conv2d_tiled<bf16>(Backend&, const Conv2d&, View, const Weights&, const Epilogue&,
                                 View);
template void backward_data_tiled<float>(Backend&, const Conv2d&, View, View, View);
template void backward_data_tiled<bf16>(Backend&, const Conv2d&, View, View, View);
template void backward_filter_tiled<float>(Backend&, const Conv2d&, View, View, View);
template void backward_filter_tiled<bf16>(Backend&, const Conv2d&, View, View, View);

}  // namespace tailor::cuda
