#include "apps/bench.h"
#include "inference/frozen.h"

namespace tailor::apps {

std::vector<Measurement> bench_forward(const BenchOptions& options) {
  const auto backend = open_backend(options.device, {.threads = options.threads});
  const auto network = layers::make_model(options.model, {}, backend);
  network->initialize(0);
  const int size = network->input_size();
  inference::Frozen frozen(*network, size, options.threads);
  const Tensor x = Tensor::zeros({options.batch, size, size, 3}, DType::f32, backend);
  return {measure(
      "forward/" + options.model, "images/s", static_cast<double>(options.batch), options,
      [&] { frozen(x); }, [&] { backend->synchronize(); })};
}

}  // namespace tailor::apps
