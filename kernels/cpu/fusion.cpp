#include "kernels/cpu/fusion.h"

namespace tailor {
namespace {

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

Fusion::Fusion(const Epilogue& e, const View& y) : epilogue_(e) {
  if (e.residual) {
    residual_ = e.residual.data == y.data ? Residual::in_place : Residual::separate;
  }
}

void Fusion::append_to(std::vector<int64_t>& key) const {
  key.insert(key.end(), {has_bias(), static_cast<int64_t>(residual_),
                         static_cast<int64_t>(epilogue_.activation)});
}

dnnl::primitive_attr Fusion::attributes(const dnnl::memory::desc& y) const {
  dnnl::post_ops ops;
  // Adding to what lies in y costs less than reading another tensor.
  if (residual_ == Residual::in_place) ops.append_sum(1.F);
  if (residual_ == Residual::separate) ops.append_binary(dnnl::algorithm::binary_add, y);
  append(epilogue_.activation, ops);
  dnnl::primitive_attr attributes = Onednn::new_attributes();
  attributes.set_post_ops(ops);
  return attributes;
}

void Fusion::add_arguments(const Onednn& onednn, const dnnl::memory::desc& bias,
                           const dnnl::memory::desc& y, Onednn::Arguments& arguments) const {
  if (has_bias()) arguments.insert({DNNL_ARG_BIAS, onednn.memory(bias, epilogue_.bias.data)});
  if (residual_ == Residual::separate) {
    arguments.insert({DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1,
                      onednn.memory(y, epilogue_.residual.data)});
  }
}

}  // namespace tailor
