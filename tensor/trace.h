// What operations were run on what: the plain list that inference/ plans from and pictures show.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace tailor {

/// An int is the dimension of a concatenation.
using OpParameters = std::variant<std::monostate, Conv2d, Matmul, BatchNorm, Pool2d, Activation,
                                  Dropout, CrossEntropy, int>;

/// One operation as it was run. Values are named by Tensor::id; 0 for an input not given.
struct OpRecord {
  Op op = Op::kCount;  ///< kCount: flatten, which only renames the shape
  OpParameters parameters;
  std::vector<uint64_t> inputs;
  uint64_t output = 0;
  Shape shape;  ///< of the output
};

/// While one lives, it lists the operations this thread runs. Activations are not kept; tensors
/// that no listed operation made (weights, the first input) are.
class Trace {
 public:
  Trace();
  ~Trace();
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  const std::vector<OpRecord>& records() const { return records_; }
  /// The weights and first inputs by id.
  const std::unordered_map<uint64_t, Tensor>& leaves() const { return leaves_; }

  /// Called by every differentiable operation.
  static void add(const OpRecord& record, std::span<const Tensor> inputs);

 private:
  std::vector<OpRecord> records_;
  std::unordered_map<uint64_t, Tensor> leaves_;
  std::unordered_set<uint64_t> made_;
  Trace* before_;
};

}  // namespace tailor
