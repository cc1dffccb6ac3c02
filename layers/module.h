// Module: a tree of named parameters and buffers with a forward pass.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tensor/ops.h"

namespace tailor::layers {

/// Tensors by state-dict name ("layer4.2.conv3.weight"), in our layout (OHWI, [out, in]).
using StateDict = std::map<std::string, Tensor>;

/// Which tensors must be in a state dict that is loaded: all, or all but those of the head.
enum class Match : uint8_t { all, backbone };

/// Names are torchvision's. Modules hold their tensors and children as members and register them
/// under their names, in torchvision's order; so they are never copied or moved.
class Module {
 public:
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module() = default;

  /// What networks are differentiated through; shapes are each layer's own.
  virtual Tensor forward(const Tensor& x) = 0;

  using Named = std::vector<std::pair<std::string, Tensor>>;
  /// What an optimiser may change (weights and biases), frozen or not.
  Named named_parameters() const;
  /// Those that require a gradient.
  Named trainable_parameters() const;
  /// Parameters and buffers (running statistics), the handles themselves, in torchvision's order.
  Named state() const;

  /// Copies the tensors in by name. Throws Error that lists every missing, unknown and misshapen
  /// tensor; nothing is changed then. With Match::backbone the tensors under `head` are left alone.
  void load_state_dict(const StateDict& tensors, Match match = Match::all,
                       std::string_view head = {});

  /// Training or evaluation behaviour, here and below.
  void train(bool training = true);
  void eval() { train(false); }
  bool training() const { return training_; }

  /// Only parameters whose names start with one of these get gradients. Throws Error when a prefix
  /// names none.
  void freeze_except(const std::vector<std::string>& prefixes);

  /// Fills parameters and buffers as a new network starts; each tensor has numbers of its own, by
  /// its name.
  void initialize(uint64_t seed);

  /// Changes the dtype of all tensors (f32, f64). Gradients are dropped.
  void to(DType dtype);

 protected:
  void register_parameter(std::string name, Tensor& parameter);
  void register_buffer(std::string name, Tensor& buffer);
  void register_module(std::string name, Module& child);
  /// Fills this module's own tensors; `key` belongs to the module's name.
  virtual void reset(const RandomKey& key);

 private:
  struct Entry {  // exactly one of the two is set
    std::string name;
    Tensor* tensor = nullptr;
    Module* child = nullptr;
    bool is_parameter = false;
  };
  template <class Visit>
  void visit(const std::string& prefix, const Visit& visitor) const;

  std::vector<Entry> entries_;
  bool training_ = true;
};

/// Evaluation behaviour while it lives.
class EvalMode {
 public:
  explicit EvalMode(Module& module) : module_(module), before_(module.training()) {
    module_.eval();
  }
  ~EvalMode() { module_.train(before_); }
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  Module& module_;
  bool before_;
};

}  // namespace tailor::layers
