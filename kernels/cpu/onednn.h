// oneDNN behind the operations: primitives compiled once for each set of parameters and shapes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <dnnl.hpp>
#include <initializer_list>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernels/api/error.h"
#include "kernels/api/lru.h"
#include "kernels/api/table.h"

namespace tailor {

/// A primitive with the working memory it needs.
struct Step {
  std::string failure;  ///< what to say when it fails
  dnnl::primitive primitive;
  size_t scratchpad = 0;  ///< bytes
};

/// An operation in oneDNN's words.
struct Compiled {
  Step step;
  dnnl::memory::desc weights;  ///< the layout it wants its weights in, or gives their gradient in
};

/// OpenMP's number of threads, from which oneDNN takes its own, while this object lives. It belongs
/// to the calling thread.
class OmpThreads {
 public:
  explicit OmpThreads(int threads);
  ~OmpThreads();
  OmpThreads(const OmpThreads&) = delete;
  OmpThreads& operator=(const OmpThreads&) = delete;

 private:
  int before_;
};

/// The oneDNN of one backend: compiles and runs for its number of threads.
class Onednn {
 public:
  using Arguments = std::unordered_map<int, dnnl::memory>;

  explicit Onednn(int threads);

  /// What compile() returned for these arguments before, or returns now. The operation, the shapes
  /// and the parameters must tell any two primitives apart. The reference holds until the next
  /// call. Throws Error when oneDNN cannot.
  template <class Compile>
  const Compiled& compiled(Op op, std::initializer_list<Shape> shapes,
                           const std::vector<int64_t>& parameters, const Compile& compile) {
    const Key key = key_of(op, shapes, parameters);
    if (const Compiled* found = compiled_.find(key)) return *found;
    const std::string failure = failure_of(op, shapes);
    return compiled_.insert(key, translate(failure, [&] {
                              const OmpThreads threads(threads_);
                              Compiled result = compile();
                              result.step.failure = failure;
                              return result;
                            }));
  }

  /// The step of a primitive descriptor made with attributes of new_attributes().
  template <class Primitive>
  static Step step(const typename Primitive::primitive_desc& descriptor) {
    return {.failure = "",
            .primitive = Primitive(descriptor),
            .scratchpad = descriptor.scratchpad_desc().get_size()};
  }
  static dnnl::primitive_attr new_attributes();

  /// Moves elements from one layout to the other.
  Step reorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to) const;

  /// scratchpad: as many bytes as the step asks for. Throws Error when oneDNN stops.
  void run(const Step& step, Arguments arguments, std::byte* scratchpad);

  dnnl::memory memory(const dnnl::memory::desc& layout, void* data) const {
    return {layout, engine_, data};
  }
  const dnnl::engine& engine() const { return engine_; }

  /// Calls f(); what oneDNN throws becomes an Error.
  template <class F>
  static auto translate(const std::string& failure, const F& f) {
    try {
      return f();
    } catch (const dnnl::error& error) {
      throw Error("{} ({})", failure, error.what());
    }
  }
  /// "conv2d: expected shapes that oneDNN can compute, got [8, 7, 7, 64], [64, 3, 3, 64]"
  static std::string failure_of(Op op, std::initializer_list<Shape> shapes);

 private:
  using Key = std::vector<int64_t>;
  static Key key_of(Op op, std::initializer_list<Shape> shapes, const Key& parameters);

  int threads_;
  dnnl::engine engine_;
  dnnl::stream stream_;
  Lru<Key, Compiled> compiled_;
};

}  // namespace tailor
