// The residual networks.
#pragma once

#include "layers/network.h"

namespace tailor::layers {

/// "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"
std::vector<std::string> resnet_names();

/// v1.5 as torchvision has it, or v1 as Keras, by options.variant. nullptr for another name.
std::unique_ptr<Network> make_resnet(std::string_view name, const NetworkOptions& options,
                                     const std::shared_ptr<Backend>& backend);

}  // namespace tailor::layers
