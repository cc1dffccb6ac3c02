// Matrix products by oneDNN; a transposed operand is a matter of strides.
#include <utility>

#include "kernels/cpu/cpu_backend.h"
#include "kernels/cpu/fusion.h"
#include "kernels/cpu/onednn.h"

namespace tailor {
namespace {

using dnnl::memory;

constexpr auto kF32 = memory::data_type::f32;

/// The layout of op(stored), which is [rows, columns] or [batch, rows, columns].
memory::desc layout(const Shape& stored, bool transposed) {
  const int last = stored.rank() - 1;
  memory::dims dims(stored.begin(), stored.end());
  memory::dims strides(dims.size(), 1);
  for (int i = last - 1; i >= 0; --i) strides[i] = strides[i + 1] * stored[i + 1];
  if (transposed) {
    std::swap(dims[last - 1], dims[last]);
    std::swap(strides[last - 1], strides[last]);
  }
  return {dims, kF32, strides};
}

void matmul(Backend& backend, const Matmul& p, View a, View b, const Epilogue& e, View y) {
  if (y.count() == 0) return;
  CpuBackend& cpu = as_cpu(backend);
  Onednn& onednn = cpu.onednn();
  const memory::desc a_layout = layout(a.shape, p.transpose_a);
  const memory::desc b_layout = layout(b.shape, p.transpose_b);
  const memory::desc y_layout = layout(y.shape, false);
  memory::dims bias_dims(y.shape.rank(), 1);
  bias_dims.back() = y.shape.back();
  const memory::desc bias(bias_dims, kF32, memory::dims(bias_dims.size(), 1));
  const Fusion fusion(e);
  std::vector<int64_t> key = {p.transpose_a, p.transpose_b};
  fusion.append_to(key);
  const Compiled& compiled = onednn.compiled(Op::matmul, {a.shape, b.shape}, key, [&] {
    const dnnl::matmul::primitive_desc descriptor(
        {a_layout, b_layout, fusion.has_bias() ? bias : memory::desc(), y_layout},
        fusion.attributes(), onednn.engine());
    return Compiled{Onednn::step<dnnl::matmul>(descriptor), b_layout};
  });
  Onednn::Arguments arguments = {{DNNL_ARG_SRC, onednn.memory(a_layout, a.data)},
                                 {DNNL_ARG_WEIGHTS, onednn.memory(b_layout, b.data)},
                                 {DNNL_ARG_DST, onednn.memory(y_layout, y.data)}};
  fusion.prepare(backend, bias, y, arguments);
  onednn.run(compiled.step, std::move(arguments), cpu.scratch(compiled.step.scratchpad));
}

/// oneDNN divides by each extent, and a sum of nothing ends the program.
bool has_terms(const Matmul&, View a, View b, const Epilogue&, View y) {
  return y.count() == 0 || (a.count() != 0 && b.count() != 0);
}

TAILOR_KERNEL(cpu_table(), matmul, f32, "onednn", matmul, has_terms);

}  // namespace
}  // namespace tailor
