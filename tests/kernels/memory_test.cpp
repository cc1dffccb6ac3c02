#include "kernels/api/memory.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "kernels/api/host_memory.h"
#include "kernels/api/shape.h"
#include "tests/support/errors.h"

namespace tailor {
namespace {

TEST(HostMemory, counts_what_is_live_and_the_peak) {
  const auto memory = make_host_memory();
  {
    const Buffer first(memory, 1000);
    { const Buffer second(memory, 500); }
    EXPECT_EQ(memory->counters().live, 1000U);
    EXPECT_EQ(memory->counters().peak, 1500U);
    memory->reset_peak();
    EXPECT_EQ(memory->counters().peak, 1000U);
  }
  EXPECT_EQ(memory->counters().live, 0U);
}

TEST(HostMemory, addresses_are_aligned) {
  const auto memory = make_host_memory();
  for (const size_t bytes : {0, 1, 63, 64, 65, 100000}) {
    const Buffer buffer(memory, bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 64, 0U) << bytes;
  }
}

TEST(HostMemory, moving_a_buffer_does_not_release_it) {
  const auto memory = make_host_memory();
  Buffer first(memory, 64);
  void* const data = first.data();
  Buffer second = std::move(first);
  EXPECT_EQ(second.data(), data);
  EXPECT_EQ(memory->counters().live, 64U);
  second = Buffer();
  EXPECT_EQ(memory->counters().live, 0U);
}

TEST(HostMemory, too_much_is_an_error_that_says_what_was_asked) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer ends the program instead";
#endif
  const auto memory = make_host_memory();
  const Buffer live(memory, 128);
  EXPECT_EQ(test::error_of([&] { const Buffer all(memory, size_t{1} << 60); }),
            "memory: expected 1152921504606846976 bytes, got none while 128 bytes are in use (try "
            "a smaller --batch)");
  EXPECT_EQ(memory->counters().live, 128U);
}

TEST(Shape, counts_and_prints) {
  const Shape shape{2, 3, 4};
  EXPECT_EQ(shape.count(), 24);
  EXPECT_EQ(shape.back(), 4);
  EXPECT_EQ(to_string(shape), "[2, 3, 4]");
  EXPECT_EQ(Shape().count(), 0);
  EXPECT_NE(shape, (Shape{2, 3}));
  EXPECT_EQ(test::error_of([] { Shape{1, 2, 3, 4, 5, 6, 7}; }),
            "shape: expected at most 6 dimensions, got 7");
}

}  // namespace
}  // namespace tailor
