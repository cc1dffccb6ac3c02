// Network: a backbone that turns pictures into features, and a linear head that names classes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layers/module.h"
#include "layers/variant.h"

namespace tailor::layers {

struct NetworkOptions {
  int64_t classes = 1000;
  Variant variant;
  DType dtype = DType::f32;
};

class Network : public Module {
 public:
  /// x [N,H,W,3], preprocessed, to the last map that still has places, [N,h,w,c].
  virtual Tensor feature_map(const Tensor& x) = 0;
  /// That map to features [N, feature_count()].
  virtual Tensor pool(const Tensor& map) { return global_avg_pool(map); }
  Tensor features(const Tensor& x) { return pool(feature_map(x)); }
  /// Features to logits [N, classes].
  virtual Tensor head(const Tensor& features) = 0;
  Tensor forward(const Tensor& x) final { return head(features(x)); }

  /// The prefix of the head's tensors: "fc".
  virtual std::string head_name() const = 0;
  /// Prefixes of the tensors' names, stage by stage from the picture to the head.
  virtual std::vector<std::vector<std::string>> stages() const = 0;
  virtual int64_t feature_count() const = 0;
  /// The side of the pictures it was made for, in pixels.
  virtual int input_size() const = 0;

  const std::string& name() const { return name_; }
  const NetworkOptions& options() const { return options_; }

 protected:
  Network(std::string name, const NetworkOptions& options)
      : name_(std::move(name)), options_(options) {}

 private:
  std::string name_;
  NetworkOptions options_;
};

/// "resnet18", "resnet34", ...
std::vector<std::string> model_names();

/// A network with uninitialised tensors (call initialize() or load_state_dict()). Throws UsageError
/// for an unknown name, listing those there are.
std::unique_ptr<Network> make_model(const std::string& name, const NetworkOptions& options,
                                    const std::shared_ptr<Backend>& backend);

}  // namespace tailor::layers
