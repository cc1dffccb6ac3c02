#include "layers/module.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace tailor::layers {
namespace {

/// FNV-1a, 32 bits: a tensor's random numbers follow its name, not its place in the network.
uint32_t hash_of(std::string_view name) {
  uint32_t hash = 0x811C9DC5;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

}  // namespace

// visitor(full name of the entry, entry, module that owns it)
template <class Visit>
void Module::visit(const std::string& prefix, const Visit& visitor) const {
  for (const Entry& entry : entries_) {
    visitor(prefix + entry.name, entry);
    if (entry.child != nullptr) entry.child->visit(prefix + entry.name + ".", visitor);
  }
}

Module::Named Module::named_parameters() const {
  Named result;
  visit("", [&](const std::string& name, const Entry& entry) {
    if (entry.is_parameter) result.emplace_back(name, *entry.tensor);
  });
  return result;
}

Module::Named Module::trainable_parameters() const {
  Named result = named_parameters();
  std::erase_if(result, [](const auto& named) { return !named.second.requires_grad(); });
  return result;
}

Module::Named Module::state() const {
  Named result;
  visit("", [&](const std::string& name, const Entry& entry) {
    if (entry.tensor != nullptr) result.emplace_back(name, *entry.tensor);
  });
  return result;
}

void Module::load_state_dict(const StateDict& tensors, Match match, std::string_view head) {
  const auto skipped = [&](const std::string& name) {
    return match == Match::backbone && name.starts_with(std::string(head) + ".");
  };
  Named wanted = state();
  std::erase_if(wanted, [&](const auto& named) { return skipped(named.first); });
  std::set<std::string> known;
  std::vector<std::string> problems;
  for (const auto& [name, tensor] : wanted) {
    known.insert(name);
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      problems.push_back(fmt::format("{} {} is missing", name, to_string(tensor.shape())));
    } else if (found->second.shape() != tensor.shape()) {
      problems.push_back(fmt::format("{} has shape {}, expected {}", name,
                                     to_string(found->second.shape()), to_string(tensor.shape())));
    }
  }
  for (const auto& [name, tensor] : tensors) {
    if (!known.contains(name) && !skipped(name)) {
      problems.push_back(fmt::format("{} {} is unknown", name, to_string(tensor.shape())));
    }
  }
  if (!problems.empty()) {
    throw Error("weights: expected {} tensors to fit the network, got {} that do not: {}",
                wanted.size(), problems.size(), fmt::join(problems, "; "));
  }
  for (auto& [name, tensor] : wanted) {
    const Tensor& source = tensors.at(name);
    tensor.copy_from(source.dtype() == tensor.dtype() ? source : cast(source, tensor.dtype()));
  }
}

void Module::train(bool training) {
  training_ = training;
  for (const Entry& entry : entries_) {
    if (entry.child != nullptr) entry.child->train(training);
  }
}

void Module::freeze_except(const std::vector<std::string>& prefixes) {
  std::set<std::string> unused(prefixes.begin(), prefixes.end());
  for (auto& [name, tensor] : named_parameters()) {
    const auto covers = [&name = name](const std::string& prefix) {
      return prefix.empty() || name == prefix || name.starts_with(prefix + ".");
    };
    const auto found = std::find_if(prefixes.begin(), prefixes.end(), covers);
    if (found != prefixes.end()) unused.erase(*found);
    tensor.set_requires_grad(found != prefixes.end());
  }
  if (!unused.empty()) {
    throw UsageError("--train: expected the start of a parameter's name, got {}", *unused.begin());
  }
}

void Module::initialize(uint64_t seed) {
  reset({.seed = seed, .stream = Stream::init});
  visit("", [&](const std::string& name, const Entry& entry) {
    if (entry.child != nullptr) {
      entry.child->reset({.seed = seed, .stream = Stream::init, .step = hash_of(name)});
    }
  });
}

void Module::to(DType dtype) {
  const NoGrad guard;
  visit("", [&](const std::string&, const Entry& entry) {
    if (entry.tensor == nullptr || entry.tensor->dtype() == dtype) return;
    const bool requires_grad = entry.tensor->requires_grad();
    *entry.tensor = cast(*entry.tensor, dtype);
    entry.tensor->set_requires_grad(requires_grad);
  });
}

void Module::register_parameter(std::string name, Tensor& parameter) {
  parameter.set_requires_grad(true);
  entries_.push_back({std::move(name), &parameter, nullptr, true});
}

void Module::register_buffer(std::string name, Tensor& buffer) {
  entries_.push_back({std::move(name), &buffer, nullptr, false});
}

void Module::register_module(std::string name, Module& child) {
  entries_.push_back({std::move(name), nullptr, &child, false});
}

void Module::reset(const RandomKey& /*key*/) {}

}  // namespace tailor::layers
