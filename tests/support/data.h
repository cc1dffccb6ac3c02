// Where tests find their goldens.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace tailor::test {

/// tests/golden of the checkout; or where the variable TAILOR_TEST_DATA says, for the tests that
/// scripts/gpu-pack takes to another machine.
inline std::filesystem::path golden_folder() {
  const char* const moved = std::getenv("TAILOR_TEST_DATA");
  return moved != nullptr ? moved : TAILOR_TEST_DATA;
}

}  // namespace tailor::test
