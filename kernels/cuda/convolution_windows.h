// Convolution and its two gradients as products of matrices ("implicit GEMM"): the matrix that
// holds a window of the picture in each row would be large, so that it is never written; its
// elements are found in the picture when a tile is copied to shared memory. product.h has the rest.
//
//            result               a                           b                   sum over
//   forward  y  [pixel, out]      x's windows [pixel, tap]    w  [out, tap]       kh, kw, in
//   data     dx [pixel, in]       dy's windows [pixel, tap]   w  [in, tap]        kh, kw, out
//   filter   dw [out, tap]        dy [out, pixel]             x's windows         n, oh, ow
//
// A tap is a place of the filter with a channel, a pixel a place of a picture with its number.
// A group of channels is a product of its own, z of the grid.
#pragma once

#include "kernels/cuda/convolution.h"
#include "kernels/cuda/divide.h"
#include "kernels/cuda/ladder.h"

namespace tailor::cuda {

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
  /// nullptr outside the picture.
  __device__ __forceinline__ const T* at(int group, const Position& position,
                                         const Tap& tap) const {
    const int y = position.top + tap.down, x = position.left + tap.right;
    if (y < 0 || y >= height_ || x < 0 || x >= width_) return nullptr;
    return position.picture + (int64_t{y} * width_ + x) * channels_ + group * group_channels_ +
           tap.channel;
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
  using Element = T;
  static constexpr bool kAlongDepth = true;
  struct Line {
    typename Windows<T>::Position position;
    int group;
  };

  Windows<T> windows;

  __device__ __forceinline__ Line line(int z, int i) const { return {windows.position(i), z}; }
  __device__ __forceinline__ const T* at(const Line& line, int k) const {
    return windows.at(line.group, line.position, windows.tap(k));
  }
};

/// A line for each tap, positions along the depth.
template <class T>
struct WindowsByTap {
  using Element = T;
  static constexpr bool kAlongDepth = false;
  struct Line {
    typename Windows<T>::Tap tap;
    int group;
  };

  Windows<T> windows;

  __device__ __forceinline__ Line line(int z, int i) const { return {windows.tap(i), z}; }
  __device__ __forceinline__ const T* at(const Line& line, int k) const {
    return windows.at(line.group, windows.position(k), line.tap);
  }
};

/// What y's pixels see of x.
template <class T>
Windows<T> windows_over_x(const View& x, const Conv2d& p, const Geometry& g) {
  const Walk down{g.out_height, p.stride_h, -p.pad_top, g.kernel_h, p.dilation_h};
  const Walk right{g.out_width, p.stride_w, -p.pad_left, g.kernel_w, p.dilation_w};
  return Windows<T>(x, down, right, g.group_in);
}

inline Extents extents_of(int64_t count, int64_t rows, int64_t columns, int64_t depth) {
  return {static_cast<int>(count), static_cast<int>(rows), static_cast<int>(columns),
          static_cast<int>(depth)};
}

/// Calls instantiate(Step, T) for each step and type.
#define TAILOR_EACH_STEP(instantiate)                                                      \
  instantiate(tiled, float) instantiate(registers, float) instantiate(vector, float)       \
      instantiate(tensor, float) instantiate(pipelined, float) instantiate(tiled, bf16)    \
          instantiate(registers, bf16) instantiate(vector, bf16) instantiate(tensor, bf16) \
              instantiate(pipelined, bf16)

}  // namespace tailor::cuda
