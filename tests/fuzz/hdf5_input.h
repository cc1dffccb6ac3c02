// A fuzzer's bytes as an HDF5 file (described_hdf5.h), and what may come of reading it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "kernels/api/error.h"
#include "tests/fuzz/described_hdf5.h"
#include "tests/support/temp_dir.h"

namespace tailor::test {

class Hdf5Input {
 public:
  Hdf5Input(const uint8_t* data, size_t size)
      : damaged_(write_described_hdf5({reinterpret_cast<const char*>(data), size}, file())) {}

  static std::filesystem::path file() {
    static const TempDir folder;
    return folder / "file.h5";
  }

  /// Reads in some way, which may fail with an Error. That reading ends tailor-import is allowed
  /// for damaged files alone.
  template <class Action>
  void attempt(const Action& read) const {
    try {
      read();
    } catch (const Error& error) {
      const bool crashed =
          std::string_view(error.what()).find("damaged one: reading it") != std::string_view::npos;
      if (!crashed || damaged_) return;
      std::fprintf(stderr, "%s\n", error.what());
      std::abort();
    }
  }

 private:
  bool damaged_;
};

}  // namespace tailor::test
