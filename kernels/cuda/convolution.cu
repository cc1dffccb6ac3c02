// Convolution and its two gradients as one would first write them, straight from
//   y[n, oh, ow, o] = sum over kh, kw, c of x[n, ih, iw, c] * w[o, kh, kw, c],
//   ih = oh * stride_h + kh * dilation_h - pad_top, iw likewise, zero outside;
// and the list of all variants. A thread computes one element of the result. The next thread has
// the next channel, so results are written coalesced; but every product takes two reads from global
// memory, of numbers that many other threads read too.
#include "kernels/cuda/convolution.h"
#include "kernels/cuda/epilogue.h"
#include "kernels/cuda/launch.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 256;

template <class T>
__global__ void conv2d_naive(Conv2d p, Geometry g, const T* x, const T* w, Output<T> output,
                             int64_t count) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    const int o = static_cast<int>(i % g.out);
    const int ow = static_cast<int>(i / g.out % g.out_width);
    const int oh = static_cast<int>(i / g.out / g.out_width % g.out_height);
    const int64_t n = i / g.out / g.out_width / g.out_height;
    const int first_in = o / g.group_out * g.group_in;
    float sum = 0;
    for (int kh = 0; kh < g.kernel_h; ++kh) {
      const int ih = oh * p.stride_h + kh * p.dilation_h - p.pad_top;
      if (ih < 0 || ih >= g.height) continue;
      for (int kw = 0; kw < g.kernel_w; ++kw) {
        const int iw = ow * p.stride_w + kw * p.dilation_w - p.pad_left;
        if (iw < 0 || iw >= g.width) continue;
        const T* pixel = x + ((n * g.height + ih) * g.width + iw) * g.in + first_in;
        const T* weights = w + ((int64_t{o} * g.kernel_h + kh) * g.kernel_w + kw) * g.group_in;
        for (int c = 0; c < g.group_in; ++c) sum += to_f32(pixel[c]) * to_f32(weights[c]);
      }
    }
    output.store(i, o, sum);
  }
}

template <class T>
void conv2d(Backend& backend, const Conv2d& p, View x, const Weights& w, const Epilogue& e,
            View y) {
  if (y.count() == 0) return;
  launch(backend, {blocks_for(y.count(), kThreads), kThreads}, conv2d_naive<T>)(
      p, Geometry(p, x.shape, w.plain.shape, y.shape), x.as<T>(), w.plain.as<T>(), Output<T>(e, y),
      y.count());
}

/// dx[n, ih, iw, c] = sum of dy[n, oh, ow, o] * w[o, kh, kw, c] over all o, kh, kw that used x
/// there: each thread gathers what its element gave to. Scattering dy instead would make threads
/// add to the same element.
template <class T>
__global__ void backward_data_naive(Conv2d p, Geometry g, const T* dy, const T* w, T* dx,
                                    int64_t count) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    const int channel = static_cast<int>(i % g.in);
    const int iw = static_cast<int>(i / g.in % g.width);
    const int ih = static_cast<int>(i / g.in / g.width % g.height);
    const int64_t n = i / g.in / g.width / g.height;
    const int first_out = channel / g.group_in * g.group_out, c = channel % g.group_in;
    float sum = 0;
    for (int kh = 0; kh < g.kernel_h; ++kh) {
      const int down = ih + p.pad_top - kh * p.dilation_h;
      const int oh = down / p.stride_h;
      if (down < 0 || down % p.stride_h != 0 || oh >= g.out_height) continue;
      for (int kw = 0; kw < g.kernel_w; ++kw) {
        const int right = iw + p.pad_left - kw * p.dilation_w;
        const int ow = right / p.stride_w;
        if (right < 0 || right % p.stride_w != 0 || ow >= g.out_width) continue;
        const T* gradient = dy + ((n * g.out_height + oh) * g.out_width + ow) * g.out + first_out;
        for (int o = 0; o < g.group_out; ++o) {
          const int64_t filter = int64_t{first_out + o} * g.kernel_h + kh;
          const T weight = w[(filter * g.kernel_w + kw) * g.group_in + c];
          sum += to_f32(gradient[o]) * to_f32(weight);
        }
      }
    }
    dx[i] = from_f32<T>(sum);
  }
}

template <class T>
void backward_data(Backend& backend, const Conv2d& p, View dy, View w, View dx) {
  if (dx.count() == 0) return;
  launch(backend, {blocks_for(dx.count(), kThreads), kThreads}, backward_data_naive<T>)(
      p, Geometry(p, dx.shape, w.shape, dy.shape), dy.as<T>(), w.as<T>(), dx.as<T>(), dx.count());
}

/// dw[o, kh, kw, c] = sum of dy[n, oh, ow, o] * x[n, ih, iw, c] over all n, oh, ow: few threads
/// with long sums.
template <class T>
__global__ void backward_filter_naive(Conv2d p, Geometry g, const T* x, const T* dy, T* dw,
                                      int64_t count) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    const int c = static_cast<int>(i % g.group_in);
    const int kw = static_cast<int>(i / g.group_in % g.kernel_w);
    const int kh = static_cast<int>(i / g.group_in / g.kernel_w % g.kernel_h);
    const int o = static_cast<int>(i / g.group_in / g.kernel_w / g.kernel_h);
    const int channel = o / g.group_out * g.group_in + c;
    float sum = 0;
    for (int64_t n = 0; n < g.batch; ++n) {
      for (int oh = 0; oh < g.out_height; ++oh) {
        const int ih = oh * p.stride_h + kh * p.dilation_h - p.pad_top;
        if (ih < 0 || ih >= g.height) continue;
        for (int ow = 0; ow < g.out_width; ++ow) {
          const int iw = ow * p.stride_w + kw * p.dilation_w - p.pad_left;
          if (iw < 0 || iw >= g.width) continue;
          sum += to_f32(dy[((n * g.out_height + oh) * g.out_width + ow) * g.out + o]) *
                 to_f32(x[((n * g.height + ih) * g.width + iw) * g.in + channel]);
        }
      }
    }
    dw[i] = from_f32<T>(sum);
  }
}

template <class T>
void backward_filter(Backend& backend, const Conv2d& p, View x, View dy, View dw) {
  if (dw.count() == 0) return;
  launch(backend, {blocks_for(dw.count(), kThreads), kThreads}, backward_filter_naive<T>)(
      p, Geometry(p, x.shape, dw.shape, dy.shape), x.as<T>(), dy.as<T>(), dw.as<T>(), dw.count());
}

// Every direction's variants hold for the same convolutions, told by the shapes of x, w and y.
template <auto takes>
bool forward_by(const Conv2d& p, View x, const Weights& w, const Epilogue& /*e*/, View y) {
  return takes(p, x, w.plain, y);
}
template <auto takes>
bool data_by(const Conv2d& p, View dy, View w, View dx) {
  return takes(p, dx, w, dy);
}
template <auto takes>
bool filter_by(const Conv2d& p, View x, View dy, View dw) {
  return takes(p, x, dw, dy);
}

template <Step kStep, class T>
bool step_takes(const Conv2d& p, View x, View w, View y) {
  constexpr int kWorthATile = 16;  // channels; groups of fewer leave most of a tile empty
  constexpr int kTogether = kPiece<kStep, T>;
  const Geometry g(p, x.shape, w.shape, y.shape);
  const bool worth = p.groups == 1 || (g.group_in >= kWorthATile && g.group_out >= kWorthATile);
  const bool in_pieces = kTogether == 1 || (g.group_in % kTogether == 0 &&
                                            g.group_out % kTogether == 0 && are_aligned(x, w, y));
  const int64_t in_taps = int64_t{g.taps()} * g.group_in,
                out_taps = int64_t{g.taps()} * g.group_out;
  return worth && in_pieces && can_take<kStep>(p.groups, g.out_pixels(), g.group_out, in_taps) &&
         can_take<kStep>(p.groups, g.in_pixels(), g.group_in, out_taps) &&
         can_take<kStep>(p.groups, g.group_out, in_taps, g.out_pixels());
}

// "depthwise" is last: what it takes it does best.
#define TAILOR_STEP(dtype, T, name)                                                             \
  TAILOR_KERNEL(table(), conv2d, dtype, #name, conv2d_step<Step::name, T>,                      \
                forward_by<step_takes<Step::name, T>>);                                         \
  TAILOR_KERNEL(table(), conv2d_backward_data, dtype, #name, backward_data_step<Step::name, T>, \
                data_by<step_takes<Step::name, T>>);                                            \
  TAILOR_KERNEL(table(), conv2d_backward_filter, dtype, #name,                                  \
                backward_filter_step<Step::name, T>, filter_by<step_takes<Step::name, T>>)
#define TAILOR_LADDER(dtype, T)                                                                    \
  TAILOR_KERNEL(table(), conv2d, dtype, "naive", conv2d<T>);                                       \
  TAILOR_KERNEL(table(), conv2d_backward_data, dtype, "naive", backward_data<T>);                  \
  TAILOR_KERNEL(table(), conv2d_backward_filter, dtype, "naive", backward_filter<T>);              \
  TAILOR_STEP(dtype, T, tiled);                                                                    \
  TAILOR_STEP(dtype, T, registers);                                                                \
  TAILOR_STEP(dtype, T, vector);                                                                   \
  TAILOR_STEP(dtype, T, tensor);                                                                   \
  TAILOR_STEP(dtype, T, pipelined);                                                                \
  TAILOR_KERNEL(table(), conv2d, dtype, "depthwise", conv2d_depthwise<T>,                          \
                forward_by<depthwise_takes>);                                                      \
  TAILOR_KERNEL(table(), conv2d_backward_data, dtype, "depthwise", backward_data_depthwise<T>,     \
                data_by<depthwise_takes>);                                                         \
  TAILOR_KERNEL(table(), conv2d_backward_filter, dtype, "depthwise", backward_filter_depthwise<T>, \
                filter_by<depthwise_takes>)
TAILOR_LADDER(f32, float);
TAILOR_LADDER(bf16, bf16);
#undef TAILOR_LADDER
#undef TAILOR_STEP

}  // namespace
}  // namespace tailor::cuda
