#include "kernels/cuda/library/graph.h"

#include <algorithm>

namespace tailor::cuda {
namespace {

constexpr size_t kMostWorkspace = size_t{1} << 30;  ///< bytes, which stay taken for the whole run

cudnnDataType_t type_of(DType dtype) {
  return dtype == DType::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

cudnnBackendDescriptor_t create(cudnnBackendDescriptorType_t type) {
  cudnnBackendDescriptor_t descriptor = nullptr;
  check(cudnnBackendCreateDescriptor(type, &descriptor), "cudnnBackendCreateDescriptor");
  return descriptor;
}

/// Reads as many elements as there is room for and cuDNN has.
template <class Elements>
int64_t read(const Descriptor& from, cudnnBackendAttributeName_t name,
             cudnnBackendAttributeType_t type, Elements& to) {
  int64_t count = 0;
  check(cudnnBackendGetAttribute(from.get(), name, type, static_cast<int64_t>(to.size()), &count,
                                 to.data()),
        "cudnnBackendGetAttribute");
  return std::min(count, static_cast<int64_t>(to.size()));
}

/// Whether an engine sums as asked, from what cuDNN notes about it.
bool acceptable(const Descriptor& configuration, bool tensor_cores) {
  const Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  std::array<cudnnBackendDescriptor_t, 1> found = {engine.get()};
  read(configuration, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, found);
  std::array<cudnnBackendNumericalNote_t, CUDNN_NUMERICAL_NOTE_TYPE_COUNT> notes{};
  const int64_t count =
      read(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, notes);
  return std::none_of(notes.begin(), notes.begin() + count, [&](cudnnBackendNumericalNote_t note) {
    switch (note) {
      case CUDNN_NUMERICAL_NOTE_TENSOR_CORE:
        return !tensor_cores;
      case CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP:
        return false;
      default:  // not deterministic, converted inputs, sums in less than f32, FFT, Winograd
        return true;
    }
  });
}

size_t workspace_of(const Descriptor& plan) {
  std::array<int64_t, 1> bytes{};
  read(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, bytes);
  return static_cast<size_t>(bytes[0]);
}

/// What cuDNN proposes for a graph, the fastest first; nothing where it knows of no engine.
std::vector<Descriptor> proposals(const Descriptor& graph, cudnnBackendHeurMode_t mode) {
  Descriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  if (!heuristic.try_finalize()) return {};

  int64_t count = 0;
  check(cudnnBackendGetAttribute(heuristic.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                 CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &count, nullptr),
        "cudnnBackendGetAttribute");
  std::vector<Descriptor> configurations;
  std::vector<cudnnBackendDescriptor_t> filled;
  for (int64_t i = 0; i < count; ++i) {
    filled.push_back(configurations.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR).get());
  }
  count = read(heuristic, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, filled);
  configurations.erase(configurations.begin() + count, configurations.end());
  return configurations;
}

}  // namespace

Descriptor::Descriptor(cudnnBackendDescriptorType_t type) : descriptor_(create(type)) {}

Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, const Descriptor& value) {
  const cudnnBackendDescriptor_t raw = value.get();
  return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &raw);
}

Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                            size_t count, const void* values) {
  check(cudnnBackendSetAttribute(get(), name, type, static_cast<int64_t>(count), values),
        "cudnnBackendSetAttribute");
  return *this;
}

Descriptor& Descriptor::finalize() {
  check(cudnnBackendFinalize(get()), "cudnnBackendFinalize");
  return *this;
}

bool Descriptor::try_finalize() { return cudnnBackendFinalize(get()) == CUDNN_STATUS_SUCCESS; }

Descriptor& Graph::part(cudnnBackendDescriptorType_t type) { return parts_.emplace_back(type); }

Descriptor& Graph::operation(cudnnBackendDescriptorType_t type) {
  Descriptor& operation = part(type);
  operations_.push_back(operation.get());
  return operation;
}

Descriptor& Graph::tensor(int64_t id, DType dtype, const Extents& extents) {
  return part(CUDNN_BACKEND_TENSOR_DESCRIPTOR)
      .set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id)
      .set(CUDNN_ATTR_TENSOR_DATA_TYPE, type_of(dtype))
      .set(CUDNN_ATTR_TENSOR_DIMENSIONS, extents.dims)
      .set(CUDNN_ATTR_TENSOR_STRIDES, extents.strides)
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment)
      .finalize();
}

Descriptor& Graph::between(const Extents& extents) {
  constexpr int64_t kFirst = 1000;  // past the numbers of tensors with an address
  return part(CUDNN_BACKEND_TENSOR_DESCRIPTOR)
      .set(CUDNN_ATTR_TENSOR_UNIQUE_ID, kFirst + static_cast<int64_t>(parts_.size()))
      .set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_TENSOR_DIMENSIONS, extents.dims)
      .set(CUDNN_ATTR_TENSOR_STRIDES, extents.strides)
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment)
      .set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, true)
      .finalize();
}

std::optional<Plan> Plan::find(cudnnHandle_t handle, Graph graph, cudnnBackendHeurMode_t mode,
                               bool tensor_cores) {
  Descriptor operations(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  operations.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle);
  operations.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                 graph.operations_.size(), graph.operations_.data());
  if (!operations.try_finalize()) return std::nullopt;

  for (Descriptor& configuration : proposals(operations, mode)) {
    if (!acceptable(configuration, tensor_cores)) continue;
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
    if (!plan.try_finalize()) continue;
    const size_t workspace = workspace_of(plan);
    if (workspace > kMostWorkspace) continue;
    std::vector<Descriptor> basis;
    basis.push_back(std::move(operations));
    basis.push_back(std::move(configuration));
    return Plan(std::move(graph), std::move(basis), std::move(plan), workspace);
  }
  return std::nullopt;
}

Plan::Plan(Graph graph, std::vector<Descriptor> basis, Descriptor plan, size_t workspace)
    : graph_(std::move(graph)),
      basis_(std::move(basis)),
      plan_(std::move(plan)),
      workspace_(workspace) {}

void Plan::run(cudnnHandle_t handle, std::span<const Binding> bindings, void* workspace) const {
  std::vector<int64_t> ids;
  std::vector<void*> addresses;
  for (const Binding& binding : bindings) {
    ids.push_back(binding.id);
    addresses.push_back(binding.data);
  }
  Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, addresses);
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace);
  pack.finalize();
  check(cudnnBackendExecute(handle, plan_.get(), pack.get()), "cudnnBackendExecute");
}

}  // namespace tailor::cuda
