// Reverse-mode differentiation: the graph that operations leave behind, and the walk back over it.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "tensor/trace.h"

namespace tailor {

/// While one lives, operations of this thread record no graph and keep nothing for backward.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

/// From the gradient of an operation's result to those of its inputs, in their order; an input that
/// needs none may get a tensor that is not defined().
using Backward = std::function<std::vector<Tensor>(const Tensor& grad)>;

/// What a differentiable operation does after its kernel ran: tells the active Trace, and puts
/// `result` into the graph where an input requires a gradient. `backward` must capture what it
/// needs of inputs and result by detach(), lest the graph hold itself.
class Autograd {
 public:
  /// Whether a graph is to be recorded for these inputs: what backward needs must be kept then.
  static bool needed(std::span<const Tensor> inputs);
  static Tensor record(OpRecord record, std::span<const Tensor> inputs, Tensor result,
                       Backward backward);
  static void run(const Tensor& root, const Tensor& grad);
  /// The operation that made this tensor and those behind it, in the order they ran.
  static std::vector<OpRecord> graph(const Tensor& result);

 private:
  static void accumulate(std::shared_ptr<Tensor::Impl>& sum, const Tensor& grad);
};

}  // namespace tailor
