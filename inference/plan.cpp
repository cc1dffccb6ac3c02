#include "inference/plan.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

namespace tailor::inference {
namespace {

std::vector<double> to_doubles(const Tensor& tensor) {
  if (tensor.dtype() == DType::f64) return tensor.to_vector<double>();
  const std::vector<float> values = tensor.to_vector<float>();
  return {values.begin(), values.end()};
}

Tensor from_doubles(const std::vector<double>& values, const Tensor& like, const Shape& shape) {
  if (like.dtype() == DType::f64) return Tensor::from(values, shape, like.backend());
  return Tensor::from(std::vector<float>(values.begin(), values.end()), shape, like.backend());
}

class Planner {
 public:
  Planner(const Trace& trace, uint64_t input) : trace_(trace) {
    values_[input] = 0;
    for (const OpRecord& record : trace.records()) {
      for (const uint64_t id : record.inputs) ++uses_[id];
    }
  }

  StepList run(const Shape& input_shape) {
    list_.shapes.push_back(input_shape);
    for (const OpRecord& record : trace_.records()) {
      if (record.op != Op::batch_norm_frozen || !fold(record)) append(record);
    }
    return std::move(list_);
  }

 private:
  /// The weight or statistic behind an id; not defined() when it is an activation or absent.
  Tensor leaf(uint64_t id) const {
    const auto found = trace_.leaves().find(id);
    return found == trace_.leaves().end() || values_.contains(id) ? Tensor() : found->second;
  }

  Value add_value(const OpRecord& record) {
    list_.shapes.push_back(record.shape);
    const Value value = static_cast<Value>(list_.shapes.size()) - 1;
    values_[record.output] = value;
    return value;
  }

  void append(const OpRecord& record) {
    Step step{.record = record};
    for (const uint64_t id : record.inputs) {
      if (values_.contains(id)) step.inputs.push_back(values_.at(id));
    }
    if (record.op == Op::conv2d || record.op == Op::matmul) {
      step.weight = leaf(record.inputs[1]);
      step.bias = record.inputs.size() > 2 ? leaf(record.inputs[2]) : Tensor();
    }
    step.output = add_value(record);
    list_.steps.push_back(std::move(step));
  }

  /// Folds a batch norm into the convolution before it, in double (Jacob et al., "Quantization and
  /// training of neural networks", 2018, section 3.2): w' = w s, b' = (b - mean) s + beta with
  /// s = gamma / sqrt(var + eps). False where no convolution feeds this batch norm alone.
  bool fold(const OpRecord& norm) {
    if (list_.steps.empty()) return false;
    Step& conv = list_.steps.back();
    const uint64_t x = norm.inputs[0];
    if (conv.record.op != Op::conv2d || conv.record.output != x || uses_.at(x) != 1) return false;

    const std::vector<double> gamma = to_doubles(leaf(norm.inputs[1]));
    const std::vector<double> beta = to_doubles(leaf(norm.inputs[2]));
    const std::vector<double> mean = to_doubles(leaf(norm.inputs[3]));
    const std::vector<double> var = to_doubles(leaf(norm.inputs[4]));
    const auto& p = std::get<BatchNorm>(norm.parameters);
    std::vector<double> weight = to_doubles(conv.weight);
    std::vector<double> bias =
        conv.bias.defined() ? to_doubles(conv.bias) : std::vector<double>(gamma.size(), 0.0);
    const size_t row = weight.size() / gamma.size();
    for (size_t c = 0; c < gamma.size(); ++c) {
      const double scale = gamma[c] / std::sqrt(var[c] + p.eps);
      for (size_t i = 0; i < row; ++i) weight[c * row + i] *= scale;
      bias[c] = (bias[c] - mean[c]) * scale + beta[c];
    }
    conv.weight = from_doubles(weight, conv.weight, conv.weight.shape());
    conv.bias = from_doubles(bias, conv.weight, leaf(norm.inputs[1]).shape());
    conv.activation = p.activation;
    if (norm.inputs[5] != 0) conv.residual = values_.at(norm.inputs[5]);
    values_[norm.output] = conv.output;
    conv.record.output = norm.output;
    return true;
  }

  const Trace& trace_;
  StepList list_;
  std::unordered_map<uint64_t, Value> values_;
  std::unordered_map<uint64_t, int> uses_;
};

}  // namespace

StepList plan_features(layers::Network& network, int size) {
  const NoGrad no_grad;
  const layers::EvalMode eval(network);
  const Tensor any = network.named_parameters().front().second;
  const Tensor x = Tensor::zeros({1, size, size, 3}, any.dtype(), any.backend());
  const Trace trace;
  network.features(x);
  StepList list = Planner(trace, x.id()).run(x.shape());
  for (Step& step : list.steps) {
    if (step.record.op != Op::conv2d) continue;
    step.packed =
        any.backend()->pack_conv2d(std::get<Conv2d>(step.record.parameters), step.weight.view(),
                                   list.shapes[static_cast<size_t>(step.inputs[0])]);
  }
  return list;
}

namespace {

/// Hands out slots: the free one that fits best, or a new one.
class SlotPool {
 public:
  int take(int64_t count) {
    const auto waste = [&](int slot) {
      return std::abs(counts_[static_cast<size_t>(slot)] - count);
    };
    const auto best = std::min_element(free_.begin(), free_.end(),
                                       [&](int a, int b) { return waste(a) < waste(b); });
    if (best == free_.end()) {
      counts_.push_back(count);
      return static_cast<int>(counts_.size()) - 1;
    }
    const int slot = *best;
    free_.erase(best);
    counts_[static_cast<size_t>(slot)] = std::max(counts_[static_cast<size_t>(slot)], count);
    return slot;
  }
  void give_back(int slot) { free_.push_back(slot); }
  std::vector<int64_t> counts() && { return std::move(counts_); }

 private:
  std::vector<int64_t> counts_;
  std::vector<int> free_;
};

std::set<Value> values_read(const Step& step) {
  std::set<Value> values(step.inputs.begin(), step.inputs.end());
  if (step.residual) values.insert(*step.residual);
  return values;
}

}  // namespace

SlotPlan plan_slots(const StepList& list) {
  std::vector<size_t> last_read(list.shapes.size(), 0);
  for (size_t s = 0; s < list.steps.size(); ++s) {
    for (const Value value : values_read(list.steps[s])) last_read[static_cast<size_t>(value)] = s;
  }
  SlotPlan plan;
  plan.slot.assign(list.shapes.size(), -1);
  SlotPool pool;
  for (size_t s = 0; s + 1 < list.steps.size(); ++s) {
    const Step& step = list.steps[s];
    std::set<Value> dying = values_read(step);
    std::erase_if(dying, [&](Value value) {
      return last_read[static_cast<size_t>(value)] != s ||
             plan.slot[static_cast<size_t>(value)] < 0;
    });
    int& slot = plan.slot[static_cast<size_t>(step.output)];
    // A sum may replace its residual: the kernel then adds in place.
    const bool in_place = step.residual && dying.contains(*step.residual) &&
                          std::count(step.inputs.begin(), step.inputs.end(), *step.residual) == 0;
    if (in_place) {
      slot = plan.slot[static_cast<size_t>(*step.residual)];
      dying.erase(*step.residual);
    } else {
      slot = pool.take(list.shapes[static_cast<size_t>(step.output)].count());
    }
    for (const Value value : dying) pool.give_back(plan.slot[static_cast<size_t>(value)]);
  }
  plan.slot_counts = std::move(pool).counts();
  return plan;
}

}  // namespace tailor::inference
