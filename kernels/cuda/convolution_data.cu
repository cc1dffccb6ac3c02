// The gradient of a convolution's x, by the ladder's steps.
#include "kernels/cuda/convolution_windows.h"

namespace tailor::cuda {
namespace {

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
  using Element = T;
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
  __device__ __forceinline__ const T* at(Line line, int k) const {
    const int tap = by_out_.quotient(k);
    const int o = by_out_.remainder(k, tap);
    const int down = by_taps_.quotient(tap);
    const int kh = first_h_ + down * step_h_;
    const int kw = first_w_ + by_taps_.remainder(tap, down) * step_w_;
    return line + int64_t{o} * filter_size_ + (kh * kernel_w_ + kw) * group_in_;
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

template <Step kStep, class T>
void backward_data_step(Backend& backend, const Conv2d& p, View dy, View w, View dx) {
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
      launch_product<kStep>(backend, a, b, extents_of(p.groups, pixels, g.group_in, depth),
                            PhaseSink<T>(dx, p, g, down, right));
    }
  }
}

#define TAILOR_STEP(step, T) \
  template void backward_data_step<Step::step, T>(Backend&, const Conv2d&, View, View, View);
TAILOR_EACH_STEP(TAILOR_STEP)
#undef TAILOR_STEP

}  // namespace tailor::cuda
