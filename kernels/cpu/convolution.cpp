// Convolutions by oneDNN. Activations stay NHWC; weights are reordered to what the primitive wants.
#include <algorithm>

#include "kernels/cpu/cpu_backend.h"
#include "kernels/cpu/fusion.h"
#include "kernels/cpu/onednn.h"

namespace tailor {
namespace {

using dnnl::convolution_backward_data;
using dnnl::convolution_backward_weights;
using dnnl::convolution_forward;
using dnnl::memory;

constexpr auto kDirect = dnnl::algorithm::convolution_direct;
constexpr auto kF32 = memory::data_type::f32;

class PackedConv2d final : public Packed {
 public:
  PackedConv2d(const memory::desc& wanted, const std::shared_ptr<Memory>& owner)
      : layout(wanted), data(owner, layout.get_size()) {}

  memory::desc layout;
  Buffer data;
};

/// The layouts of one convolution's tensors and its parameters, as oneDNN takes them.
struct Problem {
  Problem(const Conv2d& p, const Shape& x_shape, const Shape& w, const Shape& y_shape)
      : x(activations(x_shape)),
        plain_w(weights(p, w, false)),
        any_w(weights(p, w, true)),
        bias({w[0]}, kF32, memory::format_tag::a),
        y(activations(y_shape)),
        strides{p.stride_h, p.stride_w},
        dilations{p.dilation_h - 1, p.dilation_w - 1},
        begin{p.pad_top, p.pad_left},
        end{p.pad_bottom, p.pad_right} {}

  static memory::desc activations(const Shape& s) {
    return {{s[0], s[3], s[1], s[2]}, kF32, memory::format_tag::nhwc};
  }
  // [out, kh, kw, in / groups], which oneDNN names ([groups,] out / groups, in / groups, kh, kw).
  static memory::desc weights(const Conv2d& p, const Shape& w, bool any) {
    memory::dims dims = {w[0] / p.groups, w[3], w[1], w[2]};
    memory::dims steps = {w[1] * w[2] * w[3], 1, w[2] * w[3], w[3]};
    if (p.groups > 1) {
      steps.insert(steps.begin(), dims[0] * steps[0]);
      dims.insert(dims.begin(), p.groups);
    }
    return any ? memory::desc(dims, kF32, memory::format_tag::any)
               : memory::desc(dims, kF32, steps);
  }

  memory::desc x, plain_w, any_w, bias, y;
  memory::dims strides, dilations, begin, end;
};

std::vector<int64_t> key_of(const Conv2d& p) {
  return {p.stride_h,  p.stride_w,   p.pad_top,    p.pad_left, p.pad_bottom,
          p.pad_right, p.dilation_h, p.dilation_w, p.groups};
}

convolution_forward::primitive_desc forward(const Onednn& onednn, const Problem& c,
                                            const Fusion& fusion) {
  const memory::desc bias = fusion.has_bias() ? c.bias : memory::desc();
  return {{dnnl::prop_kind::forward, kDirect, c.x, c.any_w, bias, c.y, c.strides, c.dilations,
           c.begin, c.end},
          fusion.attributes(),
          onednn.engine()};
}

size_t padded(size_t bytes) { return (bytes + 63) / 64 * 64; }

/// Runs a primitive that reads weights: in scratch memory where it wants another layout.
void run_with_weights(CpuBackend& cpu, const Compiled& compiled, const memory::desc& stored,
                      void* weights, Onednn::Arguments arguments) {
  Onednn& onednn = cpu.onednn();
  if (stored == compiled.weights) {
    arguments.insert({DNNL_ARG_WEIGHTS, onednn.memory(stored, weights)});
    onednn.run(compiled.step, std::move(arguments), cpu.scratch(compiled.step.scratchpad));
    return;
  }
  const Step reorder = onednn.reorder(stored, compiled.weights);
  const size_t bytes = padded(compiled.weights.get_size());
  std::byte* scratch = cpu.scratch(bytes + std::max(compiled.step.scratchpad, reorder.scratchpad));
  const memory reordered = onednn.memory(compiled.weights, scratch);
  onednn.run(reorder, {{DNNL_ARG_FROM, onednn.memory(stored, weights)}, {DNNL_ARG_TO, reordered}},
             scratch + bytes);
  arguments.insert({DNNL_ARG_WEIGHTS, reordered});
  onednn.run(compiled.step, std::move(arguments), scratch + bytes);
}

void conv2d(Backend& backend, const Conv2d& p, View x, const Weights& w, const Epilogue& e,
            View y) {
  CpuBackend& cpu = as_cpu(backend);
  Onednn& onednn = cpu.onednn();
  const Problem c(p, x.shape, w.plain.shape, y.shape);
  const Fusion fusion(e);
  std::vector<int64_t> key = key_of(p);
  fusion.append_to(key);
  const Compiled& compiled = onednn.compiled(Op::conv2d, {x.shape, w.plain.shape}, key, [&] {
    const auto descriptor = forward(onednn, c, fusion);
    return Compiled{Onednn::step<convolution_forward>(descriptor), descriptor.weights_desc()};
  });
  Onednn::Arguments arguments = {{DNNL_ARG_SRC, onednn.memory(c.x, x.data)},
                                 {DNNL_ARG_DST, onednn.memory(c.y, y.data)}};
  fusion.prepare(backend, c.bias, y, arguments);
  if (const auto* packed = static_cast<const PackedConv2d*>(w.packed)) {
    run_with_weights(cpu, compiled, packed->layout, packed->data.data(), std::move(arguments));
  } else {
    run_with_weights(cpu, compiled, c.plain_w, w.plain.data, std::move(arguments));
  }
}

void conv2d_backward_data(Backend& backend, const Conv2d& p, View dy, View w, View dx) {
  CpuBackend& cpu = as_cpu(backend);
  Onednn& onednn = cpu.onednn();
  const Problem c(p, dx.shape, w.shape, dy.shape);
  const Compiled& compiled =
      onednn.compiled(Op::conv2d_backward_data, {dy.shape, w.shape, dx.shape}, key_of(p), [&] {
        const convolution_backward_data::primitive_desc descriptor(
            {kDirect, c.x, c.any_w, c.y, c.strides, c.dilations, c.begin, c.end},
            Onednn::new_attributes(), onednn.engine(), forward(onednn, c, Fusion()));
        return Compiled{Onednn::step<convolution_backward_data>(descriptor),
                        descriptor.weights_desc()};
      });
  run_with_weights(cpu, compiled, c.plain_w, w.data,
                   {{DNNL_ARG_DIFF_DST, onednn.memory(c.y, dy.data)},
                    {DNNL_ARG_DIFF_SRC, onednn.memory(c.x, dx.data)}});
}

void conv2d_backward_filter(Backend& backend, const Conv2d& p, View x, View dy, View dw) {
  CpuBackend& cpu = as_cpu(backend);
  Onednn& onednn = cpu.onednn();
  const Problem c(p, x.shape, dw.shape, dy.shape);
  const Compiled& compiled =
      onednn.compiled(Op::conv2d_backward_filter, {x.shape, dw.shape}, key_of(p), [&] {
        const convolution_backward_weights::primitive_desc descriptor(
            {kDirect, c.x, c.any_w, c.y, c.strides, c.dilations, c.begin, c.end},
            Onednn::new_attributes(), onednn.engine(), forward(onednn, c, Fusion()));
        return Compiled{Onednn::step<convolution_backward_weights>(descriptor),
                        descriptor.diff_weights_desc()};
      });
  Onednn::Arguments arguments = {{DNNL_ARG_SRC, onednn.memory(c.x, x.data)},
                                 {DNNL_ARG_DIFF_DST, onednn.memory(c.y, dy.data)}};
  if (compiled.weights == c.plain_w) {
    arguments.insert({DNNL_ARG_DIFF_WEIGHTS, onednn.memory(c.plain_w, dw.data)});
    onednn.run(compiled.step, std::move(arguments), cpu.scratch(compiled.step.scratchpad));
    return;
  }
  const Step reorder = onednn.reorder(compiled.weights, c.plain_w);
  const size_t bytes = padded(compiled.weights.get_size());
  std::byte* scratch = cpu.scratch(bytes + std::max(compiled.step.scratchpad, reorder.scratchpad));
  const memory gradient = onednn.memory(compiled.weights, scratch);
  arguments.insert({DNNL_ARG_DIFF_WEIGHTS, gradient});
  onednn.run(compiled.step, std::move(arguments), scratch + bytes);
  onednn.run(reorder, {{DNNL_ARG_FROM, gradient}, {DNNL_ARG_TO, onednn.memory(c.plain_w, dw.data)}},
             scratch + bytes);
}

TAILOR_KERNEL(cpu_table(), conv2d, f32, "onednn", conv2d);
TAILOR_KERNEL(cpu_table(), conv2d_backward_data, f32, "onednn", conv2d_backward_data);
TAILOR_KERNEL(cpu_table(), conv2d_backward_filter, f32, "onednn", conv2d_backward_filter);

}  // namespace

std::unique_ptr<Packed> CpuBackend::pack_conv2d(const Conv2d& p, View w, const Shape& x) {
  const int64_t height = p.out_height(x[1], w.shape[1]);
  const int64_t width = p.out_width(x[2], w.shape[2]);
  const Problem c(p, x, w.shape, {x[0], height, width, w.shape[0]});
  const memory::desc wanted = Onednn::translate(Onednn::failure_of(Op::conv2d, {x, w.shape}), [&] {
    const OmpThreads guard(threads());
    return forward(*onednn_, c, Fusion()).weights_desc();
  });
  if (wanted == c.plain_w) return nullptr;
  auto packed = std::make_unique<PackedConv2d>(wanted, memory());
  const Step reorder = onednn_->reorder(c.plain_w, wanted);
  onednn_->run(reorder,
               {{DNNL_ARG_FROM, onednn_->memory(c.plain_w, w.data)},
                {DNNL_ARG_TO, onednn_->memory(wanted, packed->data.data())}},
               scratch(reorder.scratchpad));
  return packed;
}

}  // namespace tailor
