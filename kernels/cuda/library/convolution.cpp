// Convolutions and their gradients by cuDNN. What follows a convolution is computed by the same
// kernel where cuDNN has one, else by ours.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/api/lru.h"
#include "kernels/cuda/library/epilogue.h"
#include "kernels/cuda/library/graph.h"
#include "kernels/cuda/library/rows.h"

namespace tailor::cuda {
namespace {

/// The tensors by their numbers in a graph. For a gradient, y stands for dy and so on.
enum TensorId : int64_t { kX = 1, kW, kY, kBias, kResidual };

/// An Epilogue without its tensors.
struct Ending {
  bool bias = false;
  bool residual = false;
  Activation activation = Activation::none;

  bool empty() const { return !bias && !residual && activation == Activation::none; }
};

/// All that a plan depends on.
struct Problem {
  Op op;
  Conv2d p;
  DType dtype;    ///< of x and w
  DType y_dtype;  ///< dtype, or f32 where an epilogue of ours follows
  Shape x, w, y;
  Ending ending = {};
};

std::vector<int64_t> key_of(const Problem& c) {
  std::vector<int64_t> key = {static_cast<int64_t>(c.op),
                              static_cast<int64_t>(c.dtype),
                              c.p.stride_h,
                              c.p.stride_w,
                              c.p.pad_top,
                              c.p.pad_left,
                              c.p.pad_bottom,
                              c.p.pad_right,
                              c.p.dilation_h,
                              c.p.dilation_w,
                              c.p.groups,
                              c.ending.bias,
                              c.ending.residual,
                              static_cast<int64_t>(c.ending.activation)};
  for (const Shape* shape : {&c.x, &c.w}) key.insert(key.end(), shape->begin(), shape->end());
  return key;
}

/// Of [N, H, W, C], and of filters [out, kh, kw, in / groups] likewise.
Extents extents(const Shape& s) {
  return {{s[0], s[3], s[1], s[2]}, {s[1] * s[2] * s[3], 1, s[2] * s[3], s[3]}};
}

/// The same attributes have other names in each of the three operations.
struct Names {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t alpha, beta, convolution, x, w, y;
};

const Names& names_of(Op op) {
  static constexpr Names kForward = {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                                     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                                     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA,
                                     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                                     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                                     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                                     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y};
  static constexpr Names kData = {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                                  CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                                  CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA,
                                  CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                                  CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                                  CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                                  CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY};
  static constexpr Names kFilter = {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
                                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
                                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA,
                                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
                                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY};
  return op == Op::conv2d ? kForward : op == Op::conv2d_backward_data ? kData : kFilter;
}

void add_convolution(Graph& graph, const Problem& c, const Descriptor& y) {
  using Pair = std::array<int64_t, 2>;
  const Conv2d& p = c.p;
  const Descriptor& convolution =
      graph.part(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR)
          .set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
          .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION)
          .set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, int64_t{2})
          .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, Pair{p.pad_top, p.pad_left})
          .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, Pair{p.pad_bottom, p.pad_right})
          .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, Pair{p.stride_h, p.stride_w})
          .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, Pair{p.dilation_h, p.dilation_w})
          .finalize();
  const Names& names = names_of(c.op);
  graph.operation(names.operation)
      .set(names.alpha, 1.0F)
      .set(names.beta, 0.0F)
      .set(names.convolution, convolution)
      .set(names.x, graph.tensor(kX, c.dtype, extents(c.x)))
      .set(names.w, graph.tensor(kW, c.dtype, extents(c.w)))
      .set(names.y, y)
      .finalize();
}

/// y = mode(x) or mode(x, b)
void add_pointwise(Graph& graph, cudnnPointwiseMode_t mode, const Descriptor& x,
                   const Descriptor* b, const Descriptor& y, double most = 0) {
  Descriptor& pointwise = graph.part(CUDNN_BACKEND_POINTWISE_DESCRIPTOR)
                              .set(CUDNN_ATTR_POINTWISE_MODE, mode)
                              .set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
  if (most > 0) pointwise.set(CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, most);
  pointwise.finalize();
  Descriptor& operation = graph.operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR)
                              .set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, pointwise)
                              .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x)
                              .set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
  if (b != nullptr) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
  operation.finalize();
}

/// The residual is added before the bias, as cuDNN's ready-made kernels do.
Graph graph_of(const Problem& c) {
  Graph graph;
  const Extents y = extents(c.y);
  int left =
      int{c.ending.bias} + int{c.ending.residual} + int{c.ending.activation != Activation::none};
  const auto next = [&]() -> const Descriptor& {
    return left-- == 0 ? graph.tensor(kY, c.y_dtype, y) : graph.between(y);
  };
  const Descriptor* result = &next();
  add_convolution(graph, c, *result);
  if (c.ending.residual) {
    const Descriptor& residual = graph.tensor(kResidual, c.dtype, y);
    const Descriptor& sum = next();
    add_pointwise(graph, CUDNN_POINTWISE_ADD, *result, &residual, sum);
    result = &sum;
  }
  if (c.ending.bias) {
    const Descriptor& bias = graph.tensor(kBias, DType::f32, extents({1, 1, 1, c.y.back()}));
    const Descriptor& sum = next();
    add_pointwise(graph, CUDNN_POINTWISE_ADD, *result, &bias, sum);
    result = &sum;
  }
  if (c.ending.activation != Activation::none) {
    add_pointwise(graph, CUDNN_POINTWISE_RELU_FWD, *result, nullptr, next(),
                  c.ending.activation == Activation::relu6 ? 6 : 0);
  }
  return graph;
}

/// How a problem is solved.
struct Solution {
  std::optional<Plan> plan;  ///< none: cuDNN has no engine for it
  bool ended = true;         ///< whether the plan computes the epilogue too
};

/// cuDNN as one host thread uses it: a handle must not be shared. It computes on the card that was
/// current when the thread came here first.
class Cudnn {
 public:
  static Cudnn& of_this_thread() {
    static thread_local Cudnn cudnn;
    return cudnn;
  }

  cudnnHandle_t handle(cudaStream_t stream) {
    check(cudnnSetStream(handle_.get(), stream), "cudnnSetStream");
    return handle_.get();
  }

  /// Holds until the next call.
  const Solution& solve(const Problem& problem) {
    const std::vector<int64_t> key = key_of(problem);
    if (const Solution* found = solutions_.find(key)) return *found;
    return solutions_.insert(key, find(problem));
  }

 private:
  struct Destroy {
    void operator()(cudnnHandle_t handle) const { cudnnDestroy(handle); }
  };

  static cudnnHandle_t create() {
    cudnnHandle_t handle = nullptr;
    check(cudnnCreate(&handle), "cudnnCreate");
    return handle;
  }

  /// One of cuDNN's first choice that leaves the epilogue to us is faster than one for all that it
  /// falls back on.
  Solution find(const Problem& problem) const {
    const bool whole = problem.ending.activation != Activation::sigmoid;  // nobody says how exact
    Problem apart = problem;
    apart.ending = {};
    apart.y_dtype = DType::f32;  // so that the result is rounded once
    for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
      const auto plan = [&](const Problem& part) {
        return Plan::find(handle_.get(), graph_of(part), mode, part.dtype != DType::f32);
      };
      if (whole) {
        if (Solution solution{plan(problem)}; solution.plan.has_value()) return solution;
      }
      if (!problem.ending.empty()) {
        if (Solution solution{plan(apart), false}; solution.plan.has_value()) return solution;
      }
    }
    return {};
  }

  static constexpr size_t kSolutions = 512;

  std::unique_ptr<cudnnContext, Destroy> handle_{create()};
  Lru<std::vector<int64_t>, Solution> solutions_{kSolutions};
};

/// Whether a view has this dtype, is not empty and lies where cuDNN's kernels can read it.
bool fits(const View& view, DType dtype) {
  return view && view.dtype == dtype && view.count() > 0 &&
         reinterpret_cast<uintptr_t>(view.data) % kAlignment == 0;
}

/// Space for two things, of which the first takes so many bytes.
size_t padded(size_t bytes) { return (bytes + 255) / 256 * 256; }

Problem forward_problem(const Conv2d& p, View x, const Weights& w, const Epilogue& e, View y) {
  return {Op::conv2d, p,
          x.dtype,    x.dtype,
          x.shape,    w.plain.shape,
          y.shape,    {static_cast<bool>(e.bias), static_cast<bool>(e.residual), e.activation}};
}

bool conv2d_supports(const Conv2d& p, View x, const Weights& w, const Epilogue& e, View y) {
  return w.packed == nullptr && fits(x, x.dtype) && fits(w.plain, x.dtype) && fits(y, x.dtype) &&
         (!e.bias || fits(e.bias, DType::f32)) && (!e.residual || fits(e.residual, x.dtype)) &&
         Cudnn::of_this_thread().solve(forward_problem(p, x, w, e, y)).plan.has_value();
}

/// The epilogue within the plan. cuDNN does not promise that a residual may lie where the result
/// goes, so that one is moved first.
void run_fused(CudaBackend& cuda, Cudnn& cudnn, const Plan& plan, View x, View w, const Epilogue& e,
               View y) {
  const bool in_place = e.residual && e.residual.data == y.data;
  const size_t workspace = padded(plan.workspace());
  auto* const scratch =
      static_cast<std::byte*>(cuda.scratch(workspace + (in_place ? y.bytes() : 0)));
  std::vector<Binding> bindings = {{kX, x.data}, {kW, w.data}, {kY, y.data}};
  if (e.bias) bindings.push_back({kBias, e.bias.data});
  if (e.residual) bindings.push_back({kResidual, e.residual.data});
  if (in_place) {
    bindings.back().data = scratch + workspace;
    check(cudaMemcpyAsync(scratch + workspace, y.data, y.bytes(), cudaMemcpyDeviceToDevice,
                          cuda.stream()),
          "cudaMemcpyAsync");
  }
  plan.run(cudnn.handle(cuda.stream()), bindings, scratch);
}

/// The epilogue after the plan, whose sums are f32: in y where they fit and nothing is lost.
void run_then_end(CudaBackend& cuda, Cudnn& cudnn, const Plan& plan, View x, View w,
                  const Epilogue& e, View y) {
  const bool apart = y.dtype != DType::f32 || (e.residual && e.residual.data == y.data);
  const size_t workspace = padded(plan.workspace());
  const size_t bytes = apart ? static_cast<size_t>(y.count()) * sizeof(float) : 0;
  auto* const scratch = static_cast<std::byte*>(cuda.scratch(workspace + bytes));
  const View sums{apart ? scratch + workspace : y.data, DType::f32, y.shape};
  const std::array<Binding, 3> bindings = {{{kX, x.data}, {kW, w.data}, {kY, sums.data}}};
  plan.run(cudnn.handle(cuda.stream()), bindings, scratch);
  apply_epilogue(cuda, sums, e, y);
}

void conv2d(Backend& backend, const Conv2d& p, View x, const Weights& w, const Epilogue& e,
            View y) {
  Cudnn& cudnn = Cudnn::of_this_thread();
  const Solution& solution = cudnn.solve(forward_problem(p, x, w, e, y));
  const auto run = solution.ended ? run_fused : run_then_end;
  run(as_cuda(backend), cudnn, solution.plan.value(), x, w.plain, e, y);
}

/// The two gradients: an operation without an epilogue.
Problem gradient_problem(Op op, const Conv2d& p, const View& x, const View& w, const View& y) {
  return {op, p, x.dtype, x.dtype, x.shape, w.shape, y.shape};
}

bool gradient_supports(const Problem& problem, const View& x, const View& w, const View& y) {
  return fits(x, x.dtype) && fits(w, x.dtype) && fits(y, x.dtype) &&
         Cudnn::of_this_thread().solve(problem).plan.has_value();
}

void run_gradient(Backend& backend, const Problem& problem, const View& x, const View& w,
                  const View& y) {
  CudaBackend& cuda = as_cuda(backend);
  Cudnn& cudnn = Cudnn::of_this_thread();
  const Plan& plan = cudnn.solve(problem).plan.value();
  const std::array<Binding, 3> bindings = {{{kX, x.data}, {kW, w.data}, {kY, y.data}}};
  plan.run(cudnn.handle(cuda.stream()), bindings, cuda.scratch(padded(plan.workspace())));
}

bool backward_data_supports(const Conv2d& p, View dy, View w, View dx) {
  return gradient_supports(gradient_problem(Op::conv2d_backward_data, p, dx, w, dy), dx, w, dy);
}

void conv2d_backward_data(Backend& backend, const Conv2d& p, View dy, View w, View dx) {
  run_gradient(backend, gradient_problem(Op::conv2d_backward_data, p, dx, w, dy), dx, w, dy);
}

bool backward_filter_supports(const Conv2d& p, View x, View dy, View dw) {
  return gradient_supports(gradient_problem(Op::conv2d_backward_filter, p, x, dw, dy), x, dw, dy);
}

void conv2d_backward_filter(Backend& backend, const Conv2d& p, View x, View dy, View dw) {
  run_gradient(backend, gradient_problem(Op::conv2d_backward_filter, p, x, dw, dy), x, dw, dy);
}

}  // namespace

void open_cudnn() { Cudnn::of_this_thread(); }

void add_cudnn_rows(Table& table) {
  constexpr bool kLibrary = true;
  for (const DType dtype : {DType::f32, DType::bf16}) {
    AddRow<Op::conv2d>(table, {dtype, "cudnn", conv2d, conv2d_supports, kLibrary});
    AddRow<Op::conv2d_backward_data>(
        table, {dtype, "cudnn", conv2d_backward_data, backward_data_supports, kLibrary});
    AddRow<Op::conv2d_backward_filter>(
        table, {dtype, "cudnn", conv2d_backward_filter, backward_filter_supports, kLibrary});
  }
}

}  // namespace tailor::cuda
