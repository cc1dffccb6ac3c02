#include "tensor/trace.h"

#include <utility>

namespace tailor {
namespace {

thread_local Trace* active = nullptr;

}  // namespace

Trace::Trace() : before_(std::exchange(active, this)) {}

Trace::~Trace() { active = before_; }

void Trace::add(const OpRecord& record, std::span<const Tensor> inputs) {
  if (active == nullptr) return;
  for (const Tensor& input : inputs) {
    if (input.defined() && !active->made_.contains(input.id())) {
      active->leaves_.emplace(input.id(), input);
    }
  }
  active->made_.insert(record.output);
  active->records_.push_back(record);
}

}  // namespace tailor
