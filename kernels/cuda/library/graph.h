// cuDNN's graph API: operations on tensors are put together to a graph, for which cuDNN proposes
// engines; one of them and the graph become a plan, which is run with the tensors' addresses.
#pragma once

#include <cudnn_graph.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "kernels/api/dtype.h"
#include "kernels/cuda/library/errors.h"

namespace tailor::cuda {

/// How cuDNN calls the type of an attribute.
template <class T>
constexpr cudnnBackendAttributeType_t attribute_type() {
  if constexpr (std::is_same_v<T, bool>) return CUDNN_TYPE_BOOLEAN;
  if constexpr (std::is_same_v<T, float>) return CUDNN_TYPE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return CUDNN_TYPE_DOUBLE;
  if constexpr (std::is_same_v<T, int64_t>) return CUDNN_TYPE_INT64;
  if constexpr (std::is_same_v<T, void*>) return CUDNN_TYPE_VOID_PTR;
  if constexpr (std::is_same_v<T, cudnnHandle_t>) return CUDNN_TYPE_HANDLE;
  if constexpr (std::is_same_v<T, cudnnDataType_t>) return CUDNN_TYPE_DATA_TYPE;
  if constexpr (std::is_same_v<T, cudnnConvolutionMode_t>) return CUDNN_TYPE_CONVOLUTION_MODE;
  if constexpr (std::is_same_v<T, cudnnPointwiseMode_t>) return CUDNN_TYPE_POINTWISE_MODE;
  if constexpr (std::is_same_v<T, cudnnBackendHeurMode_t>) return CUDNN_TYPE_HEUR_MODE;
}

/// One of the objects that cuDNN's API is made of: its attributes are set, then it is finalised.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type);

  template <class T>
  Descriptor& set(cudnnBackendAttributeName_t name, const T& value) {
    return set(name, attribute_type<T>(), 1, &value);
  }
  template <class T, size_t n>
  Descriptor& set(cudnnBackendAttributeName_t name, const std::array<T, n>& values) {
    return set(name, attribute_type<T>(), n, values.data());
  }
  template <class T>
  Descriptor& set(cudnnBackendAttributeName_t name, const std::vector<T>& values) {
    return set(name, attribute_type<T>(), values.size(), values.data());
  }
  Descriptor& set(cudnnBackendAttributeName_t name, const Descriptor& value);
  Descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, size_t count,
                  const void* values);

  Descriptor& finalize();
  /// Whether cuDNN can.
  bool try_finalize();

  cudnnBackendDescriptor_t get() const { return descriptor_.get(); }

 private:
  struct Destroy {
    void operator()(void* descriptor) const { cudnnBackendDestroyDescriptor(descriptor); }
  };
  std::unique_ptr<void, Destroy> descriptor_;
};

/// cuDNN's dimensions in its order, which is [N, C, H, W] however they lie in memory.
struct Extents {
  std::array<int64_t, 4> dims;
  std::array<int64_t, 4> strides;
};

/// All addresses are multiples of this.
constexpr int64_t kAlignment = 16;

class Graph {
 public:
  /// A tensor whose address is given when the plan runs, under this number.
  Descriptor& tensor(int64_t id, DType dtype, const Extents& extents);
  /// f32 between two operations, which need not come to lie in memory.
  Descriptor& between(const Extents& extents);
  /// Anything that an operation consists of.
  Descriptor& part(cudnnBackendDescriptorType_t type);
  /// An operation; those of one graph are given in order.
  Descriptor& operation(cudnnBackendDescriptorType_t type);

 private:
  friend class Plan;
  std::deque<Descriptor> parts_;  // stay where they are
  std::vector<cudnnBackendDescriptor_t> operations_;
};

struct Binding {
  int64_t id;
  void* data;
};

/// A graph compiled for one engine, which computes it with the same bits each time.
class Plan {
 public:
  /// The engine that cuDNN expects to be fastest, of those it proposes in this mode that sum in f32
  /// in the plain order of a matrix product (no transforms), in tensor cores only where
  /// `tensor_cores` allows it, with 1 GiB of workspace at most. Returns nothing where there is
  /// none.
  static std::optional<Plan> find(cudnnHandle_t handle, Graph graph, cudnnBackendHeurMode_t mode,
                                  bool tensor_cores);

  /// Bytes.
  size_t workspace() const { return workspace_; }
  /// On the handle's stream.
  void run(cudnnHandle_t handle, std::span<const Binding> bindings, void* workspace) const;

 private:
  Plan(Graph graph, std::vector<Descriptor> basis, Descriptor plan, size_t workspace);

  // cuDNN does not say whether a descriptor holds on to those it was made of.
  Graph graph_;
  std::vector<Descriptor> basis_;
  Descriptor plan_;
  size_t workspace_;
};

}  // namespace tailor::cuda
