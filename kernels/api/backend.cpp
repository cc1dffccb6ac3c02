#include "kernels/api/backend.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "kernels/api/plugin.h"

namespace tailor {
namespace {

std::map<std::string, RegisterDevice::Open, std::less<>>& devices() {
  static std::map<std::string, RegisterDevice::Open, std::less<>> all;
  return all;
}

constexpr std::array<std::string_view, 3> kPlugins = {"cuda", "simt", "simt-tracked"};

std::shared_ptr<Backend> open_best(const StreamOptions& options) {
  if (options.products == Products::cudnn) return open_backend("cuda", options);
  if (std::filesystem::exists(plugin_file("cuda"))) {
    try {
      return open_backend("cuda", options);
    } catch (const Error&) {  // no card, or none that this build can use
    }
  }
  return open_backend(devices().contains("cpu") ? "cpu" : "reference", options);
}

}  // namespace

std::string_view name_of(Op op) {
  constexpr std::string_view kNames[] = {
#define OPERATION(name, parameters, arguments) #name,
#include "kernels/api/operations.def"
#undef OPERATION
  };
  return kNames[static_cast<size_t>(op)];
}

std::unique_ptr<Packed> Backend::pack_conv2d(const Conv2d& /*p*/, View /*w*/, const Shape& /*x*/) {
  return nullptr;
}

void Backend::prefer(Op op, std::string_view variant) {
  const auto has_variant = [&](const auto& rows) {
    return std::any_of(rows.begin(), rows.end(),
                       [&](const auto& row) { return row.variant == variant; });
  };
  bool found = variant.empty();
  switch (op) {
#define OPERATION(name, parameters, arguments)             \
  case Op::name:                                           \
    found = found || has_variant(table_.rows<Op::name>()); \
    break;
#include "kernels/api/operations.def"
#undef OPERATION
    case Op::kCount:
      break;
  }
  if (!found) {
    throw UsageError("--variant {}={}: device {} has no such variant", name_of(op), variant,
                     device());
  }
  preferred_[static_cast<size_t>(op)] = variant;
}

std::vector<std::string_view> Backend::variants(Op op, DType dtype) const {
  std::vector<std::string_view> names;
  const auto collect = [&](const auto& rows) {
    for (const auto& row : rows) {
      if (row.dtype == dtype && std::find(names.begin(), names.end(), row.variant) == names.end()) {
        names.push_back(row.variant);
      }
    }
  };
  switch (op) {
#define OPERATION(name, parameters, arguments) \
  case Op::name:                               \
    collect(table_.rows<Op::name>());          \
    break;
#include "kernels/api/operations.def"
#undef OPERATION
    case Op::kCount:
      break;
  }
  return names;
}

void Backend::throw_unsupported(Op op, DType dtype) const {
  const std::string& wanted = preferred_[static_cast<size_t>(op)];
  throw Unsupported(std::string(name_of(op)), std::string(device()),
                    wanted.empty() ? fmt::format("dtype {}", name_of(dtype))
                                   : fmt::format("dtype {}, variant {}", name_of(dtype), wanted));
}

RegisterDevice::RegisterDevice(std::string_view name, Open open) { devices().emplace(name, open); }

std::shared_ptr<Backend> open_backend(std::string_view device, const StreamOptions& options) {
  if (device == "auto") return open_best(options);
  const auto found = devices().find(device);
  if (found != devices().end()) {
    if (options.products == Products::cudnn) {
      throw UsageError("--conv cudnn: expected --device cuda, got {}", device);
    }
    return found->second(options);
  }
  const auto plugin = std::find(kPlugins.begin(), kPlugins.end(), device);
  if (plugin != kPlugins.end()) return open_plugin(plugin_file(device), options);
  if (device.find('/') != std::string_view::npos) return open_plugin(std::string(device), options);
  std::string names;
  for (const auto& [name, open] : devices()) names += name + ", ";
  throw UsageError("--device: expected {}{}, auto, got {}", names, fmt::join(kPlugins, ", "),
                   device);
}

}  // namespace tailor
