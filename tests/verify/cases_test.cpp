// Every case of every operation, on each device.
#include <gtest/gtest.h>

#include <map>

#include "tests/support/devices.h"
#include "verify/run.h"

namespace tailor::verify {
namespace {

struct Target {
  const char* device;
  Op op;
};

std::vector<Target> targets() {
  std::vector<Target> all;
  for (const char* device : {"reference", "cpu", "simt", "simt-tracked", "cuda"}) {
    for (size_t op = 0; op < static_cast<size_t>(Op::kCount); ++op) {
      all.push_back({device, static_cast<Op>(op)});
    }
  }
  return all;
}

class Cases : public ::testing::TestWithParam<Target> {};

/// Photos are augmented by the threads that decode them; no GPU has a kernel for it yet.
bool has_no_kernel(const Target& target) {
  const std::string_view device = target.device;
  return target.op == Op::augment && device != "reference" && device != "cpu";
}

// A variant may refuse a case, but another must then take it; and each takes some.
TEST_P(Cases, pass) {
  SKIP_WITHOUT(GetParam().device);
  if (has_no_kernel(GetParam())) GTEST_SKIP() << "no kernel on this device";
  const auto backend = open_backend(GetParam().device);
  std::vector<Case> chosen;
  for (const Case& test : cases()) {
    if (test.op == GetParam().op) chosen.push_back(test);
  }
  ASSERT_FALSE(chosen.empty()) << "no case proves this operation";
  std::map<std::pair<DType, std::string>, bool> taken, used;
  for (const Result& result : run_cases(*backend, chosen)) {
    EXPECT_NE(result.status, Status::fail)
        << name_of(result.dtype) << " " << result.variant << " " << result.name << "\n"
        << fmt::format("{}", fmt::join(result.messages, "\n"));
    taken[{result.dtype, result.name}] |= result.status == Status::pass;
    used[{result.dtype, result.variant}] |= result.status == Status::pass;
  }
  for (const auto& [what, by_any] : taken) {
    EXPECT_TRUE(by_any) << name_of(what.first) << " " << what.second << ": no variant takes it";
  }
  for (const auto& [what, by_any] : used) {
    EXPECT_TRUE(by_any) << name_of(what.first) << " " << what.second << ": takes no case";
  }
}

// The truth is computed by one thread; with three, in f64, nothing may differ.
TEST(ReferenceThreads, change_nothing) {
  const auto backend = open_backend("reference", {.threads = 3});
  for (const Result& result : run_cases(*backend, cases(), {.dtype = DType::f64})) {
    EXPECT_EQ(result.error, 0) << tailor::name_of(result.op) << " " << result.name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Cases, ::testing::ValuesIn(targets()), [](const auto& test) {
  return fmt::format("{}_{}", test::name_for_test(test.param.device), name_of(test.param.op));
});

}  // namespace
}  // namespace tailor::verify
