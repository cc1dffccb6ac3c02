// From a traced network to the list of kernel calls that prediction makes.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "layers/network.h"

namespace tailor::inference {

/// A value is numbered; value 0 is the input.
using Value = int;

/// One kernel call. Convolutions carry folded weights and a fused epilogue.
struct Step {
  OpRecord record;
  std::vector<Value> inputs;
  Value output = 0;
  Tensor weight;  ///< convolution: batch norm folded in; linear
  Tensor bias;
  std::shared_ptr<Packed> packed;
  std::optional<Value> residual;
  Activation activation = Activation::none;
};

/// The steps in running order; the last one makes the features.
struct StepList {
  std::vector<Step> steps;
  std::vector<Shape> shapes;  ///< by value, for one photo
};

/// Traces network.features() on one photo of size x size and folds what can be folded.
StepList plan_features(layers::Network& network, int size);

/// Where values live: a slot each, shared by values whose lives do not overlap.
struct SlotPlan {
  std::vector<int> slot;             ///< by value; -1 for the input and the result
  std::vector<int64_t> slot_counts;  ///< elements for one photo, by slot
};
SlotPlan plan_slots(const StepList& list);

}  // namespace tailor::inference
