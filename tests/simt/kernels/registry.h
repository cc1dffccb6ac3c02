// Makes the kernels of a file known to tests, by name.
#pragma once

#include <initializer_list>
#include <map>
#include <string_view>
#include <utility>

#include "kernels/cuda/launch.h"
#include "tests/simt/test_kernels.h"

namespace tailor::test {

using Start = void (*)(Backend& backend, const Size& size, std::span<const Argument> arguments);

inline std::map<std::string_view, Start>& kernels() {
  static std::map<std::string_view, Start> all;
  return all;
}

/// A static of this type lists the kernels of a file.
struct Register {
  Register(std::initializer_list<std::pair<std::string_view, Start>> list) {
    for (const auto& [name, start] : list) kernels()[name] = start;
  }
};

template <class T>
T convert(const Argument& argument) {
  if constexpr (std::is_pointer_v<T>) {
    return static_cast<T>(std::get<void*>(argument));
  } else {
    return static_cast<T>(std::get<int>(argument));
  }
}

template <class... Parameters, size_t... kIndex>
void start_with(void (*kernel)(Parameters...), Backend& backend, const Size& size,
                std::span<const Argument> arguments, std::index_sequence<kIndex...>) {
  if (arguments.size() != sizeof...(Parameters)) {
    throw Error("expected {} arguments, got {}", sizeof...(Parameters), arguments.size());
  }
  cuda::launch(backend,
               {{size.blocks, size.blocks_y}, {size.threads, size.threads_y}, size.shared_bytes},
               kernel)(convert<Parameters>(arguments[kIndex])...);
}

template <class... Parameters>
constexpr auto indices_of(void (*)(Parameters...)) {
  return std::index_sequence_for<Parameters...>();
}

template <auto kernel>
void start(Backend& backend, const Size& size, std::span<const Argument> arguments) {
  start_with(kernel, backend, size, arguments, indices_of(kernel));
}

}  // namespace tailor::test
