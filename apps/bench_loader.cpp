#include <algorithm>
#include <thread>

#include "apps/bench.h"
#include "io/loader.h"

namespace tailor::apps {

std::vector<Measurement> bench_loader(const BenchOptions& options) {
  constexpr int kSize = 224;
  const auto samples = io::read_dataset(options.data, {}).train;
  const auto transform =
      io::Transform::training(options.augment, Preprocessing::torchvision, kSize, 0);
  const int threads = options.threads > 0
                          ? options.threads
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  uint32_t view = 0;
  const auto pass = [&] {
    io::Loader loader(
        samples, transform,
        {.batch = static_cast<int>(options.batch), .threads = threads, .view = view++});
    while (loader.next()) {
    }
  };
  return {measure("loader/" + options.augment, "images/s", static_cast<double>(samples.size()),
                  options, pass, [] {})};
}

}  // namespace tailor::apps
