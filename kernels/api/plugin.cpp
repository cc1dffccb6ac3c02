#include "kernels/api/plugin.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>

namespace tailor {

std::string_view build_id() { return TAILOR_BUILD_ID; }

std::string plugin_file(std::string_view device) {
  Dl_info library{};
  dladdr(reinterpret_cast<const void*>(&plugin_file), &library);
  std::string name(device);
  std::replace(name.begin(), name.end(), '-', '_');
  return (std::filesystem::path(library.dli_fname).parent_path() / ("libtailor_" + name + ".so"))
      .string();
}

std::unique_ptr<Backend> open_plugin(const std::string& file, const StreamOptions& options) {
  if (!std::filesystem::exists(file)) {
    throw Error("{}: expected the library of a device, found none (was it built?)", file);
  }
  // Never closed: its kernels, and what it throws, outlive every backend.
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Error("{}: cannot be loaded: {}", file, dlerror());
  const auto open = reinterpret_cast<OpenDevice>(dlsym(library, "tailor_open_device"));
  if (open == nullptr) throw Error("{}: expected the library of a device, got another", file);

  Backend* backend = nullptr;
  if (const char* reason = open(build_id().data(), &options, &backend); reason != nullptr) {
    throw Error("{}", reason);
  }
  return std::unique_ptr<Backend>(backend);
}

}  // namespace tailor
