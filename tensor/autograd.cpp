#include "tensor/autograd.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace tailor {

/// One recorded operation. It points back to what made its inputs (or to the leaves themselves),
/// never to the inputs, so that activations nobody needs are freed.
struct Node {
  OpRecord record;
  std::vector<std::shared_ptr<Node>> makers;  ///< by input; nullptr for leaves and constants
  std::vector<Tensor> leaves;                 ///< by input; defined for leaves that want a gradient
  Backward backward;
};

namespace {

thread_local bool recording = true;

/// Nodes behind `root`, each after all that it depends on. Iterative: graphs may be deep.
std::vector<Node*> in_running_order(Node* root) {
  std::vector<Node*> order;
  std::unordered_set<Node*> seen{root};
  std::vector<std::pair<Node*, size_t>> stack{{root, 0}};
  while (!stack.empty()) {
    auto& [node, next] = stack.back();
    if (next == node->makers.size()) {
      order.push_back(node);
      stack.pop_back();
      continue;
    }
    Node* maker = node->makers[next++].get();
    if (maker != nullptr && seen.insert(maker).second) stack.emplace_back(maker, 0);
  }
  return order;
}

}  // namespace

NoGrad::NoGrad() : before_(std::exchange(recording, false)) {}

NoGrad::~NoGrad() { recording = before_; }

bool Autograd::needed(std::span<const Tensor> inputs) {
  return recording && std::any_of(inputs.begin(), inputs.end(),
                                  [](const Tensor& t) { return t.requires_grad(); });
}

Tensor Autograd::record(OpRecord record, std::span<const Tensor> inputs, Tensor result,
                        Backward backward) {
  for (const Tensor& input : inputs) record.inputs.push_back(input.id());
  record.output = result.id();
  record.shape = result.shape();
  Trace::add(record, inputs);
  if (!needed(inputs)) return result;
  auto node = std::make_shared<Node>();
  node->record = std::move(record);
  for (const Tensor& input : inputs) {
    node->makers.push_back(input.defined() ? input.impl_->node : nullptr);
    node->leaves.push_back(input.defined() && input.impl_->requires_grad ? input : Tensor());
  }
  node->backward = std::move(backward);
  result.impl_->node = std::move(node);
  return result;
}

void Autograd::accumulate(std::shared_ptr<Tensor::Impl>& sum, const Tensor& grad) {
  if (!sum) {
    sum = grad.detach().impl_;
    return;
  }
  // In place only when nobody else holds these numbers: two inputs of `add` share one gradient.
  const Tensor before(sum);
  const Tensor after = sum->storage.use_count() == 1
                           ? before
                           : Tensor::empty(before.shape(), before.dtype(), before.backend());
  grad.backend()->add(before.view(), grad.view(), after.view());
  sum = after.impl_;
}

void Autograd::run(const Tensor& root, const Tensor& grad) {
  if (!root.impl_->node) {
    if (!root.impl_->requires_grad) {
      throw Error("backward: expected a tensor computed from one that requires a gradient");
    }
    accumulate(root.impl_->grad, grad);
    return;
  }
  const NoGrad guard;
  const std::vector<Node*> order = in_running_order(root.impl_->node.get());
  std::unordered_map<Node*, std::shared_ptr<Tensor::Impl>> grads;
  accumulate(grads[order.back()], grad);
  for (size_t i = order.size(); i-- > 0;) {
    Node& node = *order[i];
    if (!node.backward) {
      throw Error("backward: expected a graph not walked before, got one already freed");
    }
    const auto arrived = grads.find(&node);
    if (arrived != grads.end()) {
      const Tensor here(std::move(arrived->second));
      grads.erase(arrived);
      std::vector<Tensor> results = node.backward(here);
      for (size_t k = 0; k < results.size(); ++k) {
        if (!results[k].defined()) continue;
        if (node.makers[k]) {
          accumulate(grads[node.makers[k].get()], results[k]);
        } else if (node.leaves[k].defined()) {
          accumulate(node.leaves[k].impl_->grad, results[k]);
        }
        results[k] = Tensor();  // so that the next accumulation may work in place
      }
    }
    node.backward = nullptr;
  }
}

std::vector<OpRecord> Autograd::graph(const Tensor& result) {
  std::vector<OpRecord> records;
  if (!result.impl_->node) return records;
  for (const Node* node : in_running_order(result.impl_->node.get())) {
    records.push_back(node->record);
  }
  return records;
}

void Tensor::backward() const {
  if (count() != 1) {
    throw Error("backward: expected one element, got shape {} (give its gradient)",
                to_string(shape()));
  }
  Tensor one = empty(shape(), dtype(), backend());
  if (dtype() == DType::f64) {
    one = from(std::vector<double>{1.0}, shape(), backend());
  } else {
    one = from(std::vector<float>{1.0F}, shape(), backend());
  }
  Autograd::run(*this, one);
}

void Tensor::backward(const Tensor& grad) const {
  if (grad.shape() != shape() || grad.dtype() != dtype()) {
    throw Error("backward: expected a gradient {} of {}, got {} of {}", to_string(shape()),
                name_of(dtype()), to_string(grad.shape()), name_of(grad.dtype()));
  }
  Autograd::run(*this, grad);
}

}  // namespace tailor
