// Devices with a single kernel, whose faults are known.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "kernels/api/host_memory.h"
#include "verify/run.h"

namespace tailor::verify {

/// A device with one row, called "planted".
class Planted final : public Backend {
 public:
  template <Op op>
  static Planted with(typename Row<op>::Launch launch, DType dtype = DType::f32,
                      typename Row<op>::Supports supports = nullptr) {
    auto table = std::make_unique<Table>("planted");
    table->rows<op>().push_back({dtype, "planted", launch, supports});
    return Planted(std::move(table));
  }

  std::unique_ptr<Backend> fork(const StreamOptions&) const override { return nullptr; }

 private:
  explicit Planted(std::unique_ptr<Table> table)
      : Backend(*table, make_host_memory()), owner_(std::move(table)) {}

  std::unique_ptr<Table> owner_;
};

inline Backend& reference() {
  static const auto backend = open_backend("reference", {.threads = 1});
  return *backend;
}

inline std::vector<Result> results_of(Backend& backend, const std::string& op) {
  return run_cases(backend, cases(), {.op = op, .variant = "planted"});
}

inline int failures(const std::vector<Result>& results) {
  int count = 0;
  for (const Result& result : results) count += result.status == Status::fail ? 1 : 0;
  return count;
}

/// Some case failed, and said this.
inline void expect_caught(const std::vector<Result>& results, const std::string& message) {
  ASSERT_FALSE(results.empty());
  for (const Result& result : results) {
    for (const std::string& found : result.messages) {
      if (result.status == Status::fail && found.find(message) != std::string::npos) return;
    }
  }
  ADD_FAILURE() << "nothing failed with \"" << message << "\" in " << results.size() << " results";
}

}  // namespace tailor::verify
