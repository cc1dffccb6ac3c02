#include "tests/simt/kernels/registry.h"

namespace tailor::test {
namespace {

void launch(Backend& backend, std::string_view kernel, const Size& size,
            std::span<const Argument> arguments) {
  const auto found = kernels().find(kernel);
  if (found == kernels().end()) throw Error("expected a test kernel, got {}", kernel);
  found->second(backend, size, arguments);
}

void set_host_threads([[maybe_unused]] int threads) {
#ifndef __CUDACC__
  simt::set_host_threads(threads);
#endif
}

}  // namespace
}  // namespace tailor::test

extern "C" __attribute__((visibility("default")))
const tailor::test::TestKernels tailor_test_kernels;
const tailor::test::TestKernels tailor_test_kernels = {tailor::test::launch,
                                                       tailor::test::set_host_threads};
