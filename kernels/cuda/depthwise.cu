// Depthwise convolution and its gradients: every channel has a filter [kh, kw] of its own. There is
// little to compute for each number read, so that all is about memory: neighbouring lanes take
// neighbouring channels, which lie together in x, y and their gradients.
#include <bit>
#include <climits>

#include "kernels/cuda/convolution.h"
#include "kernels/cuda/divide.h"
#include "kernels/cuda/product.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kStrip = 4;  // results that a thread computes, side by side

/// How the threads of a block are laid out: `lanes` next to each other along the channels, the rest
/// along the pixels. A power of two, so that few channels leave no thread idle.
int lanes_for(int64_t pieces_of_channels) {
  return static_cast<int>(
      std::min<uint64_t>(kWarp, std::bit_ceil(static_cast<uint64_t>(pieces_of_channels))));
}

/// Along one direction: where in x result i of the forward pass finds its tap, or somewhere
/// outside.
struct ForwardWalk {
  int stride, pad, dilation;
  __device__ __forceinline__ int at(int i, int tap) const {
    return i * stride + tap * dilation - pad;
  }
};

/// Where in dy the gradient of element i of x finds what tap made of it, or somewhere outside.
struct BackwardWalk {
  Divider by_stride;
  int pad, dilation;
  __device__ __forceinline__ int at(int i, int tap) const {
    const int from = i + pad - tap * dilation;
    if (from < 0) return -1;
    const int position = by_stride.quotient(from);
    return by_stride.remainder(from, position) == 0 ? position : -1;
  }
};

/// A picture [n, height, width, channels].
struct Extent {
  int height, width;
};

/// Weighted sums over windows: y from x, or dx from dy. A thread computes V neighbouring channels
/// of kStrip neighbouring pixels, so that a weight is fetched once for all of these. Blocks first
/// turn their channels' weights around in shared memory, as [tap, channel]: in memory the same tap
/// of neighbouring channels is a whole filter apart.
template <class T, int V, class Walk>
__global__ void depthwise_windows(const T* from, Extent from_extent, const T* w, int kernel_h,
                                  int kernel_w, Walk down, Walk right, Output<T> output,
                                  Extent extent, Divider by_strips, Divider by_height, int strips,
                                  int channels, int lanes) {
  DYNAMIC_SHARED(float, weights);
  const int block_channels = lanes * V;
  const int pitch = block_channels + kQuad;  // what is next to each other in w goes to other banks
  const int taps = kernel_h * kernel_w;
  const int first_channel = static_cast<int>(blockIdx.y) * block_channels;
  const int count = min(block_channels, channels - first_channel) * taps;
  for (int i = static_cast<int>(threadIdx.x); i < count; i += kThreads) {
    weights[i % taps * pitch + i / taps] = to_f32(w[int64_t{first_channel} * taps + i]);
  }
  __syncthreads();

  const int lane = static_cast<int>(threadIdx.x) % lanes * V;
  const int channel = first_channel + lane;
  if (channel >= channels) return;
  const int rows = kThreads / lanes;
  const int first_strip =
      static_cast<int>(blockIdx.x) * rows + static_cast<int>(threadIdx.x) / lanes;
  for (int strip = first_strip; strip < strips; strip += static_cast<int>(gridDim.x) * rows) {
    const int line = by_strips.quotient(strip);
    const int n = by_height.quotient(line);
    const int i = by_height.remainder(line, n);
    const int first_j = by_strips.remainder(strip, line) * kStrip;
    Vec<float, V> sums[kStrip] = {};
    for (int kh = 0; kh < kernel_h; ++kh) {
      const int y = down.at(i, kh);
      if (y < 0 || y >= from_extent.height) continue;
      const T* row = from + (int64_t{n} * from_extent.height + y) * from_extent.width * channels;
      for (int kw = 0; kw < kernel_w; ++kw) {
        const auto weight = load_vec<V>(weights + (kh * kernel_w + kw) * pitch + lane);
        for (int s = 0; s < kStrip; ++s) {
          const int x = right.at(first_j + s, kw);
          if (x < 0 || x >= from_extent.width) continue;
          const auto value = load_f32<V>(row + int64_t{x} * channels + channel);
          for (int v = 0; v < V; ++v) sums[s].v[v] += value.v[v] * weight.v[v];
        }
      }
    }
    const int64_t first = (int64_t{line} * extent.width + first_j) * channels + channel;
    for (int s = 0; s < kStrip; ++s) {
      if (first_j + s >= extent.width) continue;
      output.template store_together<V>(first + int64_t{s} * channels, channel, sums[s]);
    }
  }
}

template <class T, int V, class Walk>
void launch_windows(Backend& backend, const View& from, const View& w, const Walk& down,
                    const Walk& right, const Output<T>& output, const Shape& result) {
  const int channels = static_cast<int>(result[3]);
  const Extent extent{static_cast<int>(result[1]), static_cast<int>(result[2])};
  const int kernel_h = static_cast<int>(w.shape[1]), kernel_w = static_cast<int>(w.shape[2]);
  const int strips_of_line = (extent.width + kStrip - 1) / kStrip;
  const int64_t strips = result[0] * extent.height * strips_of_line;
  const int lanes = lanes_for((channels + V - 1) / V);
  const int rows = kThreads / lanes;
  const int64_t chunks = (channels + lanes * V - 1) / (lanes * V);
  // Each block fetches the weights anew, so that there should be enough blocks but not more.
  constexpr int64_t kEnoughBlocks = 2048;
  const int64_t blocks =
      std::min((strips + rows - 1) / rows, std::max<int64_t>(1, kEnoughBlocks / chunks));
  const size_t shared = sizeof(float) * size_t(kernel_h * kernel_w) * size_t(lanes * V + kQuad);
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(chunks));
  launch(backend, {grid, kThreads, shared}, depthwise_windows<T, V, Walk>)(
      from.as<T>(), {static_cast<int>(from.shape[1]), static_cast<int>(from.shape[2])}, w.as<T>(),
      kernel_h, kernel_w, down, right, output, extent, Divider(strips_of_line),
      Divider(extent.height), static_cast<int>(strips), channels, lanes);
}

template <class T, class Walk>
void run_windows(Backend& backend, const View& from, const View& w, const Walk& down,
                 const Walk& right, const Output<T>& output, const Shape& result, bool aligned) {
  if (aligned && result[3] % kQuad == 0) {
    launch_windows<T, kQuad>(backend, from, w, down, right, output, result);
  } else {
    launch_windows<T, 1>(backend, from, w, down, right, output, result);
  }
}

constexpr int kTapsAtOnce = 9;  // a filter of 3 x 3

/// The gradient of the filters, for one part of the pixels. A thread keeps the sums of one channel
/// and up to kTapsAtOnce taps in registers, so that an element of dy is fetched once for these; the
/// threads of a channel share the pixels, and add up in a fixed order at the end. blockIdx: x the
/// part, y the channels, z the taps. parts: [part, channel, tap].
template <class T>
__global__ void __launch_bounds__(kThreads)
    depthwise_filter(const T* x, const T* dy, Conv2d p, Geometry g, Divider by_width,
                     Divider by_height, int pixels, int part_pixels, int lanes, float* parts) {
  __shared__ float shared[kThreads * kTapsAtOnce];  // [row, tap, lane]
  const int rows = kThreads / lanes;
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const int row = static_cast<int>(threadIdx.x) / lanes;
  const int channel = static_cast<int>(blockIdx.y) * lanes + lane;
  const int first_tap = static_cast<int>(blockIdx.z) * kTapsAtOnce;
  const int begin = static_cast<int>(blockIdx.x) * part_pixels;
  const int end = channel < g.in ? min(pixels - begin, part_pixels) + begin : 0;
  int down[kTapsAtOnce], right[kTapsAtOnce];
  float sums[kTapsAtOnce] = {};
  for (int t = 0; t < kTapsAtOnce; ++t) {
    const int tap = first_tap + t;
    // A tap behind the last one is above every picture.
    down[t] = tap < g.taps() ? tap / g.kernel_w * p.dilation_h - p.pad_top : INT_MIN / 2;
    right[t] = tap % g.kernel_w * p.dilation_w - p.pad_left;
  }
  for (int i = begin + row; i < end; i += rows) {
    const int line = by_width.quotient(i);
    const int n = by_height.quotient(line);
    const int top = by_height.remainder(line, n) * p.stride_h;
    const int left = by_width.remainder(i, line) * p.stride_w;
    const T* picture = x + int64_t{n} * g.height * g.width * g.in + channel;
    const float gradient = to_f32(dy[int64_t{i} * g.in + channel]);
    for (int t = 0; t < kTapsAtOnce; ++t) {
      const int ih = top + down[t], iw = left + right[t];
      if (ih < 0 || ih >= g.height || iw < 0 || iw >= g.width) continue;
      sums[t] += gradient * to_f32(picture[(int64_t{ih} * g.width + iw) * g.in]);
    }
  }

  for (int t = 0; t < kTapsAtOnce; ++t) shared[(row * kTapsAtOnce + t) * lanes + lane] = sums[t];
  __syncthreads();
  for (int t = row; t < kTapsAtOnce; t += rows) {
    if (channel >= g.in || first_tap + t >= g.taps()) continue;
    float sum = 0;
    for (int r = 0; r < rows; ++r) sum += shared[(r * kTapsAtOnce + t) * lanes + lane];
    parts[(int64_t{blockIdx.x} * g.in + channel) * g.taps() + first_tap + t] = sum;
  }
}

}  // namespace

bool depthwise_takes(const Conv2d& p, View x, View w, View y) {
  const Geometry g(p, x.shape, w.shape, y.shape);
  constexpr int64_t kMost = int64_t{1} << 30;
  const size_t shared = sizeof(float) * size_t(g.taps()) * size_t(kWarp * kQuad + kQuad);
  return g.group_in == 1 && g.group_out == 1 && shared <= 48 << 10 && g.in < 1 << 20 &&
         g.in_pixels() < kMost && g.out_pixels() < kMost;
}

template <class T>
void conv2d_depthwise(Backend& backend, const Conv2d& p, View x, const Weights& w,
                      const Epilogue& e, View y) {
  if (y.count() == 0) return;
  run_windows(backend, x, w.plain, ForwardWalk{p.stride_h, p.pad_top, p.dilation_h},
              ForwardWalk{p.stride_w, p.pad_left, p.dilation_w}, Output<T>(e, y), y.shape,
              are_aligned(x, y, e.residual));
}

template <class T>
void backward_data_depthwise(Backend& backend, const Conv2d& p, View dy, View w, View dx) {
  if (dx.count() == 0) return;
  run_windows(backend, dy, w, BackwardWalk{Divider(p.stride_h), p.pad_top, p.dilation_h},
              BackwardWalk{Divider(p.stride_w), p.pad_left, p.dilation_w}, Output<T>(dx), dx.shape,
              are_aligned(dy, dx));
}

template <class T>
void backward_filter_depthwise(Backend& backend, const Conv2d& p, View x, View dy, View dw) {
  if (dw.count() == 0) return;
  const Geometry g(p, x.shape, dw.shape, dy.shape);
  const int lanes = lanes_for(g.in);
  const int64_t chunks = (g.in + lanes - 1) / lanes;
  const int64_t runs = (g.taps() + kTapsAtOnce - 1) / kTapsAtOnce;
  const int64_t pixels = g.out_pixels();
  constexpr int kLeastPixels = 16;  // of a thread
  const int64_t wanted =
      parts_for(chunks * runs, 4, pixels, int64_t{kLeastPixels} * kThreads / lanes);
  const int64_t part_pixels = std::max<int64_t>(1, (pixels + wanted - 1) / wanted);
  const int64_t number = std::max<int64_t>(1, (pixels + part_pixels - 1) / part_pixels);
  auto* parts = as_cuda(backend).scratch_of<float>(number * dw.count());
  const dim3 grid(static_cast<unsigned>(number), static_cast<unsigned>(chunks),
                  static_cast<unsigned>(runs));
  launch(backend, {grid, kThreads}, depthwise_filter<T>)(
      x.as<T>(), dy.as<T>(), p, g, Divider(g.out_width), Divider(g.out_height),
      static_cast<int>(pixels), static_cast<int>(part_pixels), lanes, parts);
  launch_add_parts(backend, parts, static_cast<int>(number), {1, g.in, g.taps(), 0},
                   MatrixSink<T>{Output<T>(dw), 0, g.taps(), 0, false});
}

template void conv2d_depthwise<float>(Backend&, const Conv2d&, View, const Weights&,
                                      const Epilogue&, View);
template void conv2d_depthwise<bf16>(Backend&, const Conv2d&, View, const Weights&, const Epilogue&,
                                     View);
template void backward_data_depthwise<float>(Backend&, const Conv2d&, View, View, View);
template void backward_data_depthwise<bf16>(Backend&, const Conv2d&, View, View, View);
template void backward_filter_depthwise<float>(Backend&, const Conv2d&, View, View, View);
template void backward_filter_depthwise<bf16>(Backend&, const Conv2d&, View, View, View);

}  // namespace tailor::cuda
