#include "layers/network.h"

#include <fmt/ranges.h>

#include "layers/resnet.h"

namespace tailor::layers {

std::vector<std::string> model_names() { return resnet_names(); }

std::unique_ptr<Network> make_model(const std::string& name, const NetworkOptions& options,
                                    const std::shared_ptr<Backend>& backend) {
  if (options.classes < 1) {
    throw UsageError("{}: expected at least one class, got {}", name, options.classes);
  }
  if (auto network = make_resnet(name, options, backend)) return network;
  throw UsageError("--model: expected one of {}, got {}", fmt::join(model_names(), ", "), name);
}

}  // namespace tailor::layers
