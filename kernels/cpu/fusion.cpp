#include "kernels/cpu/fusion.h"

#include <algorithm>

#include "kernels/cpu/loops.h"

namespace tailor {
namespace {

// A NaN becomes 0 in oneDNN's relu and relu6, which take the larger of two numbers.
void append(Activation activation, dnnl::post_ops& ops) {
  using dnnl::algorithm;
  switch (activation) {
    case Activation::none:
      return;
    case Activation::relu:
      return ops.append_eltwise(1.F, algorithm::eltwise_relu, 0.F, 0.F);
    case Activation::relu6:
      return ops.append_eltwise(1.F, algorithm::eltwise_clip, 0.F, 6.F);
    case Activation::sigmoid:
      return ops.append_eltwise(1.F, algorithm::eltwise_logistic, 0.F, 0.F);
  }
}

}  // namespace

void Fusion::append_to(std::vector<int64_t>& key) const {
  key.insert(key.end(), {has_bias(), static_cast<bool>(epilogue_.residual),
                         static_cast<int64_t>(epilogue_.activation)});
}

dnnl::primitive_attr Fusion::attributes() const {
  dnnl::post_ops ops;
  if (epilogue_.residual) ops.append_sum(1.F);
  append(epilogue_.activation, ops);
  dnnl::primitive_attr attributes = Onednn::new_attributes();
  attributes.set_post_ops(ops);
  return attributes;
}

void Fusion::prepare(Backend& backend, const dnnl::memory::desc& bias, const View& y,
                     Onednn::Arguments& arguments) const {
  if (has_bias()) {
    arguments.insert({DNNL_ARG_BIAS, as_cpu(backend).onednn().memory(bias, epilogue_.bias.data)});
  }
  if (epilogue_.residual && epilogue_.residual.data != y.data) {
    const auto* from = epilogue_.residual.as<float>();
    cpu::for_parts(backend, y.count(), cpu::kPart, [&](int64_t begin, int64_t end) {
      std::copy(from + begin, from + end, y.as<float>() + begin);
    });
  }
}

}  // namespace tailor
