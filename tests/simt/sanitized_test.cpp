// What AddressSanitizer sees of kernels on the plain device.
#include "tests/simt/device.h"

namespace tailor::test {
namespace {

class SimtWithAddressSanitizer : public testing::Test {
 protected:
  void SetUp() override {
#ifndef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "built without AddressSanitizer";
#endif
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
};

TEST_F(SimtWithAddressSanitizer, global_read_past_the_end_ends_the_program) {
  Device device("simt");
  const Array<float> enough(device, std::vector<float>(65)), x(device, std::vector<float>(64)),
      y(device, 64);
  device.run("shift", {.threads = 64}, {64, enough.data(), y.data()});
  EXPECT_DEATH(device.run("shift", {.threads = 64}, {64, x.data(), y.data()}),
               "heap-buffer-overflow");
}

TEST_F(SimtWithAddressSanitizer, read_past_dynamic_shared_memory_ends_the_program) {
  Device device("simt");
  const Array<float> y(device, 1);
  const Size size{.threads = 32, .shared_bytes = 128};
  device.run("read_dynamic", size, {31, y.data()});
  EXPECT_DEATH(device.run("read_dynamic", size, {32, y.data()}), "heap-buffer-overflow");
}

}  // namespace
}  // namespace tailor::test
