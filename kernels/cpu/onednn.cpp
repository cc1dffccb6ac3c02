#include "kernels/cpu/onednn.h"

#include <omp.h>

namespace tailor {
namespace {

// ResNet-152 trained on two batch sizes needs about 300.
constexpr size_t kMaxCompiled = 1024;

}  // namespace

OmpThreads::OmpThreads(int threads) : before_(omp_get_max_threads()) {
  omp_set_num_threads(threads);
}

OmpThreads::~OmpThreads() { omp_set_num_threads(before_); }

Onednn::Onednn(int threads)
    : threads_(threads),
      engine_(dnnl::engine::kind::cpu, 0),
      stream_(engine_),
      compiled_(kMaxCompiled) {}

dnnl::primitive_attr Onednn::new_attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

Step Onednn::reorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to) const {
  const std::string failure = "conv2d: expected weights that oneDNN can reorder, got others";
  return translate(failure, [&] {
    const OmpThreads threads(threads_);
    Step result = step<dnnl::reorder>(
        dnnl::reorder::primitive_desc(engine_, from, engine_, to, new_attributes()));
    result.failure = failure;
    return result;
  });
}

void Onednn::run(const Step& step, Arguments arguments, std::byte* scratchpad) {
  translate(step.failure, [&] {
    const OmpThreads threads(threads_);
    if (step.scratchpad != 0) {
      const dnnl::memory::desc bytes({static_cast<dnnl::memory::dim>(step.scratchpad)},
                                     dnnl::memory::data_type::u8, dnnl::memory::format_tag::a);
      arguments.insert({DNNL_ARG_SCRATCHPAD, memory(bytes, scratchpad)});
    }
    step.primitive.execute(stream_, arguments);
    stream_.wait();
  });
}

std::string Onednn::failure_of(Op op, std::initializer_list<Shape> shapes) {
  std::string all;
  for (const Shape& shape : shapes) all += (all.empty() ? "" : ", ") + to_string(shape);
  return fmt::format("{}: expected shapes that oneDNN can compute, got {}", name_of(op), all);
}

Onednn::Key Onednn::key_of(Op op, std::initializer_list<Shape> shapes, const Key& parameters) {
  Key key = {static_cast<int64_t>(op)};
  for (const Shape& shape : shapes) {
    key.push_back(shape.rank());
    key.insert(key.end(), shape.begin(), shape.end());
  }
  key.insert(key.end(), parameters.begin(), parameters.end());
  return key;
}

}  // namespace tailor
