// Planted bugs: kernels that touch only what they may and yet read or write the wrong element.
#include "kernels/cuda/activation.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/wide.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 64;

// --- conv2d, one thread an output ---

enum class Slip {
  stride_ignored,
  strides_swapped,
  padding_ignored,
  dilation_ignored,
  first_row_left_out,
  last_column_left_out,
  filter_axes_swapped,
  groups_ignored
};

/// x [N, height, width, in], w [out, kernel_h, kernel_w, in_each], y [N, out_h, out_w, out]
struct ConvShapes {
  int height, width, in, kernel_h, kernel_w, in_each, out_h, out_w, out;
};

/// The bug is the line that asks for `slip`.
template <Slip slip>
__global__ void conv(Conv2d p, ConvShapes s, const float* x, const float* w, float* y, int count) {
  const int i = static_cast<int>(grid_thread());
  if (i >= count) return;
  const int o = i % s.out, ow = i / s.out % s.out_w, oh = i / s.out / s.out_w % s.out_h;
  const int n = i / s.out / s.out_w / s.out_h;
  if (slip == Slip::stride_ignored) p.stride_h = p.stride_w = 1;
  if (slip == Slip::strides_swapped) {
    const int stride_h = p.stride_h;
    p.stride_h = p.stride_w;
    p.stride_w = stride_h;
  }
  if (slip == Slip::padding_ignored) p.pad_top = p.pad_left = 0;
  if (slip == Slip::dilation_ignored) p.dilation_h = p.dilation_w = 1;
  const int first_in = slip == Slip::groups_ignored ? 0 : o / (s.out / p.groups) * s.in_each;
  const int top = slip == Slip::first_row_left_out ? 1 : 0;
  const int right = slip == Slip::last_column_left_out ? s.width - 1 : s.width;
  float sum = 0;
  for (int kh = 0; kh < s.kernel_h; ++kh) {
    const int ih = oh * p.stride_h - p.pad_top + kh * p.dilation_h;
    if (ih < top || ih >= s.height) continue;
    for (int kw = 0; kw < s.kernel_w; ++kw) {
      const int iw = ow * p.stride_w - p.pad_left + kw * p.dilation_w;
      if (iw < 0 || iw >= right) continue;
      const int tap =
          slip == Slip::filter_axes_swapped ? kw * s.kernel_h + kh : kh * s.kernel_w + kw;
      for (int c = 0; c < s.in_each; ++c) {
        sum += x[((n * s.height + ih) * s.width + iw) * s.in + first_in + c] *
               w[(o * s.kernel_h * s.kernel_w + tap) * s.in_each + c];
      }
    }
  }
  y[i] = sum;
}

template <Slip slip>
void launch_conv(Backend& backend, const Conv2d& p, View x, const Weights& weights,
                 const Epilogue& /*none*/, View y) {
  const auto extent = [](const View& view, int dim) { return static_cast<int>(view.shape[dim]); };
  const View w = weights.plain;
  const ConvShapes shapes{extent(x, 1), extent(x, 2), extent(x, 3), extent(w, 1), extent(w, 2),
                          extent(w, 3), extent(y, 1), extent(y, 2), extent(y, 3)};
  launch(backend, {blocks_for(y.count(), kThreads), kThreads}, conv<slip>)(
      p, shapes, x.as<float>(), w.as<float>(), y.as<float>(), static_cast<int>(y.count()));
}

bool is_plain(const Conv2d& /*p*/, View /*x*/, const Weights& w, const Epilogue& e, View /*y*/) {
  return w.packed == nullptr && !e.bias && !e.residual && e.activation == Activation::none;
}

// --- avg_pool2d and matrix products, one thread an output ---

__global__ void padding_always_counted(Pool2d p, const float* x, float* y, int height, int width,
                                       int out_h, int out_w, int channels, int count) {
  const int i = static_cast<int>(grid_thread());
  if (i >= count) return;
  const int c = i % channels, ow = i / channels % out_w, oh = i / channels / out_w % out_h;
  const int n = i / channels / out_w / out_h;
  float sum = 0;
  for (int kh = 0; kh < p.kernel_h; ++kh) {
    for (int kw = 0; kw < p.kernel_w; ++kw) {
      const int ih = oh * p.stride_h - p.pad_top + kh, iw = ow * p.stride_w - p.pad_left + kw;
      if (ih < 0 || ih >= height || iw < 0 || iw >= width) continue;
      sum += x[((n * height + ih) * width + iw) * channels + c];
    }
  }
  y[i] = sum / static_cast<float>(p.kernel_h * p.kernel_w);  // BUG: unless count_include_pad
}

void launch_padding_always_counted(Backend& backend, const Pool2d& p, View x, View y) {
  const auto extent = [](const View& view, int dim) { return static_cast<int>(view.shape[dim]); };
  launch(backend, {blocks_for(y.count(), kThreads), kThreads}, padding_always_counted)(
      p, x.as<float>(), y.as<float>(), extent(x, 1), extent(x, 2), extent(y, 1), extent(y, 2),
      extent(y, 3), static_cast<int>(y.count()));
}

enum class ProductSlip { last_term_left_out, transposition_forgotten, batch_forgotten };

template <ProductSlip slip>
__global__ void product(Matmul p, const float* a, const float* b, float* y, int64_t rows,
                        int64_t depth, int64_t columns, int64_t count) {
  const int64_t i = grid_thread();
  if (i >= count) return;
  const int64_t column = i % columns, row = i / columns % rows, n = i / columns / rows;
  if (slip != ProductSlip::batch_forgotten) {
    a += n * rows * depth;
    b += n * depth * columns;
  }
  if (slip == ProductSlip::transposition_forgotten) p.transpose_b = false;
  const int64_t terms = slip == ProductSlip::last_term_left_out ? depth - 1 : depth;
  float sum = 0;
  for (int64_t k = 0; k < terms; ++k) {
    sum += a[p.transpose_a ? k * rows + row : row * depth + k] *
           b[p.transpose_b ? column * depth + k : k * columns + column];
  }
  y[i] = sum;
}

template <ProductSlip slip>
void launch_product(Backend& backend, const Matmul& p, View a, View b, const Epilogue& /*none*/,
                    View y) {
  const int last = a.shape.rank() - 1;
  launch(backend, {blocks_for(y.count(), kThreads), kThreads}, product<slip>)(
      p, a.as<float>(), b.as<float>(), y.as<float>(), y.shape[last - 1],
      a.shape[p.transpose_a ? last - 1 : last], y.shape[last], y.count());
}

bool is_plain_product(const Matmul& /*p*/, View /*a*/, View /*b*/, const Epilogue& e, View /*y*/) {
  return !e.bias && !e.residual && e.activation == Activation::none;
}

// --- elements ---

__global__ void added_along_the_wrong_axis(const float* a, const float* b, float* y, int64_t count,
                                           int64_t channels) {
  const int64_t i = grid_thread();
  if (i < count) y[i] = a[i] + b[i / (count / channels)];  // BUG: b goes by i % channels
}

void launch_added_along_the_wrong_axis(Backend& backend, View a, View b, View y) {
  launch(backend, {blocks_for(a.count(), kThreads), kThreads}, added_along_the_wrong_axis)(
      a.as<float>(), b.as<float>(), y.as<float>(), a.count(), b.count());
}

__global__ void tail_dropped(Activation kind, const float* x, float* y, int64_t count) {
  for (int64_t i = grid_thread(); i < count / 4; i += grid_threads()) {  // BUG: count % 4 remain
    Vec<float, 4> four = load_vec<4>(x + i * 4);
    for (float& value : four.v) value = activate(kind, value);
    store_vec(y + i * 4, four);
  }
}

void launch_tail_dropped(Backend& backend, Activation kind, View x, View y) {
  launch(backend, {1, kThreads}, tail_dropped)(kind, x.as<float>(), y.as<float>(), y.count());
}

__global__ void one_element_a_thread(Activation kind, const float* x, float* y, int64_t count) {
  const int64_t i = grid_thread();
  if (i < count) y[i] = activate(kind, x[i]);
}

void blocks_rounded_down(Backend& backend, Activation kind, View x, View y) {
  const auto blocks = static_cast<unsigned>(y.count() / kThreads);  // BUG: the rest gets no block
  launch(backend, {blocks + (blocks == 0 ? 1 : 0), kThreads}, one_element_a_thread)(
      kind, x.as<float>(), y.as<float>(), y.count());
}

/// One thread a channel of one image.
__global__ void overlap_overwritten(const float* dy, const int32_t* indices, float* dx,
                                    int64_t windows, int64_t pixels, int64_t channels) {
  const int64_t n = blockIdx.x, c = threadIdx.x;
  for (int64_t i = 0; i < pixels; ++i) dx[(n * pixels + i) * channels + c] = 0;
  for (int64_t i = 0; i < windows; ++i) {
    const int64_t from = (n * windows + i) * channels + c;
    dx[(n * pixels + indices[from]) * channels + c] = dy[from];  // BUG: windows that overlap add up
  }
}

void launch_overlap_overwritten(Backend& backend, const Pool2d& /*p*/, View dy, View indices,
                                View dx) {
  const auto images = static_cast<unsigned>(dy.shape[0]);
  const auto channels = static_cast<unsigned>(dy.shape[3]);
  launch(backend, {images, channels}, overlap_overwritten)(
      dy.as<float>(), indices.as<int32_t>(), dx.as<float>(), dy.shape[1] * dy.shape[2],
      dx.shape[1] * dx.shape[2], channels);
}

TAILOR_KERNEL(table(), conv2d, f32, "stride_ignored", launch_conv<Slip::stride_ignored>, is_plain);
TAILOR_KERNEL(table(), conv2d, f32, "strides_swapped", launch_conv<Slip::strides_swapped>,
              is_plain);
TAILOR_KERNEL(table(), conv2d, f32, "padding_ignored", launch_conv<Slip::padding_ignored>,
              is_plain);
TAILOR_KERNEL(table(), conv2d, f32, "dilation_ignored", launch_conv<Slip::dilation_ignored>,
              is_plain);
TAILOR_KERNEL(table(), conv2d, f32, "first_row_left_out", launch_conv<Slip::first_row_left_out>,
              is_plain);
TAILOR_KERNEL(table(), conv2d, f32, "last_column_left_out", launch_conv<Slip::last_column_left_out>,
              is_plain);
TAILOR_KERNEL(table(), conv2d, f32, "filter_axes_swapped", launch_conv<Slip::filter_axes_swapped>,
              is_plain);
TAILOR_KERNEL(table(), conv2d, f32, "groups_ignored", launch_conv<Slip::groups_ignored>, is_plain);
TAILOR_KERNEL(table(), avg_pool2d, f32, "padding_always_counted", launch_padding_always_counted);
TAILOR_KERNEL(table(), matmul, f32, "last_term_left_out",
              launch_product<ProductSlip::last_term_left_out>, is_plain_product);
TAILOR_KERNEL(table(), matmul, f32, "transposition_forgotten",
              launch_product<ProductSlip::transposition_forgotten>, is_plain_product);
TAILOR_KERNEL(table(), matmul, f32, "batch_forgotten", launch_product<ProductSlip::batch_forgotten>,
              is_plain_product);
TAILOR_KERNEL(table(), add, f32, "added_along_the_wrong_axis", launch_added_along_the_wrong_axis);
TAILOR_KERNEL(table(), activation, f32, "tail_dropped", launch_tail_dropped);
TAILOR_KERNEL(table(), activation, f32, "blocks_rounded_down", blocks_rounded_down);
TAILOR_KERNEL(table(), max_pool2d_backward, f32, "overlap_overwritten", launch_overlap_overwritten);

}  // namespace
}  // namespace tailor::cuda
