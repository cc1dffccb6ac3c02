#include "inference/frozen.h"

#include <algorithm>
#include <exception>
#include <thread>

#include "inference/plan.h"

namespace tailor::inference {
namespace {

/// Photos a chunk: few enough that activations stay in a core's cache. 1, 2 and 8 ran alike on the
/// machine of docs/performance.md, 16 more slowly.
constexpr int64_t kChunk = 8;

/// The photos after the last full chunk, filled up with zeros; not defined() when there are none.
Tensor ragged_chunk(const Tensor& x) {
  const int64_t rest = x.shape()[0] % kChunk;
  if (rest == 0) return {};
  Shape shape = x.shape();
  shape[0] = kChunk;
  Tensor chunk = Tensor::zeros(shape, x.dtype(), x.backend());
  const size_t bytes = chunk.view().bytes() / kChunk * static_cast<size_t>(rest);
  const auto* end = static_cast<const std::byte*>(x.view().data) + x.view().bytes();
  x.backend()->memory()->copy(chunk.view().data, end - bytes, bytes);
  return chunk;
}

Tensor first_rows(const Tensor& y, int64_t n) {
  if (y.shape()[0] == n) return y;
  Shape shape = y.shape();
  shape[0] = n;
  Tensor rows = Tensor::empty(shape, y.dtype(), y.backend());
  y.backend()->memory()->copy(rows.view().data, y.view().data, rows.view().bytes());
  return rows;
}

}  // namespace

struct Frozen::Plan {
  StepList list;
  SlotPlan slots;
  std::shared_ptr<Backend> backend;
  DType dtype;
};

/// One stream of execution with activations of its own.
class Frozen::Stream {
 public:
  explicit Stream(const Plan& plan) : plan_(plan), backend_(plan.backend->fork({.threads = 1})) {
    for (const int64_t count : plan.slots.slot_counts) {
      const auto bytes = static_cast<size_t>(count * kChunk) * size_of(plan.dtype);
      slots_.emplace_back(plan.backend->memory(), bytes);
    }
  }

  /// x: one chunk of photos; y: their features.
  void run(const View& x, const View& y) {
    for (const Step& step : plan_.list.steps) run(step, x, y);
    backend_->synchronize();
  }

 private:
  View view(Value value, const View& x, const View& y) const {
    if (value == 0) return x;
    const int slot = plan_.slots.slot[static_cast<size_t>(value)];
    if (slot < 0) return y;
    Shape shape = plan_.list.shapes[static_cast<size_t>(value)];
    shape[0] *= kChunk;
    return {slots_[static_cast<size_t>(slot)].data(), plan_.dtype, shape};
  }

  void run(const Step& step, const View& x, const View& y) {
    const auto& parameters = step.record.parameters;
    const auto in = [&](size_t i) { return view(step.inputs.at(i), x, y); };
    const View out = view(step.output, x, y);
    const Epilogue epilogue{.bias = step.bias.view(),
                            .residual = step.residual ? view(*step.residual, x, y) : View{},
                            .activation = step.activation};
    switch (step.record.op) {
      case Op::conv2d: {
        const Weights weights =
            step.packed ? Weights(step.weight.view(), *step.packed) : Weights(step.weight.view());
        return backend_->conv2d(std::get<Conv2d>(parameters), in(0), weights, epilogue, out);
      }
      case Op::matmul:
        return backend_->matmul(std::get<Matmul>(parameters), in(0), step.weight.view(), epilogue,
                                out);
      case Op::activation:
        return backend_->activation(std::get<Activation>(parameters), in(0), out);
      case Op::add:
        return backend_->add(in(0), in(1), out);
      case Op::max_pool2d:
        return backend_->max_pool2d(std::get<Pool2d>(parameters), in(0), out, {});
      case Op::avg_pool2d:
        return backend_->avg_pool2d(std::get<Pool2d>(parameters), in(0), out);
      case Op::global_avg_pool:
        return backend_->global_avg_pool(in(0), out);
      case Op::concat: {
        std::vector<View> parts;
        for (size_t i = 0; i < step.inputs.size(); ++i) parts.push_back(in(i));
        return backend_->concat(parts, std::get<int>(parameters), out);
      }
      default:
        throw Unsupported(std::string(name_of(step.record.op)), std::string(backend_->device()),
                          "in a frozen network");
    }
  }

  const Plan& plan_;
  std::unique_ptr<Backend> backend_;
  std::vector<Buffer> slots_;
};

Frozen::Frozen(layers::Network& network, int size, int threads) : plan_(std::make_unique<Plan>()) {
  const Tensor any = network.named_parameters().front().second;
  plan_->backend = any.backend();
  plan_->dtype = any.dtype();
  plan_->list = plan_features(network, size);
  plan_->slots = plan_slots(plan_->list);
  for (int i = 0; i < (threads > 0 ? threads : plan_->backend->streams()); ++i) {
    streams_.push_back(std::make_unique<Stream>(*plan_));
  }
}

Frozen::~Frozen() = default;

Tensor Frozen::operator()(const Tensor& x) {
  Shape in = plan_->list.shapes.front();
  Shape out = plan_->list.shapes[static_cast<size_t>(plan_->list.steps.back().output)];
  const int64_t n = x.shape()[0];
  in[0] = n;
  if (x.shape() != in || x.dtype() != plan_->dtype) {
    throw Error("features: expected photos {} of {}, got {} of {}", to_string(in),
                name_of(plan_->dtype), to_string(x.shape()), name_of(x.dtype()));
  }
  const int64_t chunks = (n + kChunk - 1) / kChunk;
  out[0] = chunks * kChunk;
  const Tensor padded_y = Tensor::empty(out, plan_->dtype, plan_->backend);
  const Tensor ragged = ragged_chunk(x);
  const auto part = [](const View& whole, int64_t chunk) {
    View view = whole;
    view.shape[0] = kChunk;
    view.data = static_cast<std::byte*>(whole.data) + static_cast<size_t>(chunk) * view.bytes();
    return view;
  };

  std::vector<std::exception_ptr> errors(streams_.size());
  {
    std::vector<std::jthread> workers;
    const auto count = static_cast<int64_t>(streams_.size());
    for (int64_t s = 0; s < std::min(count, chunks); ++s) {
      workers.emplace_back([&, s] {
        try {
          for (int64_t c = s; c < chunks; c += count) {
            const bool full = (c + 1) * kChunk <= n;
            streams_[static_cast<size_t>(s)]->run(full ? part(x.view(), c) : ragged.view(),
                                                  part(padded_y.view(), c));
          }
        } catch (...) {
          errors[static_cast<size_t>(s)] = std::current_exception();
        }
      });
    }
  }
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  return first_rows(padded_y, n);
}

}  // namespace tailor::inference
