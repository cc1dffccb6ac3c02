// A fuzzer's bytes as a file, for what reads files.
#pragma once

#include <cstdint>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace tailor::test {

/// The file `name`, in a folder of its own, with these bytes.
inline std::filesystem::path input_file(const char* name, const uint8_t* data, size_t size) {
  static const TempDir folder;
  std::ofstream(folder / name, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  return folder / name;
}

}  // namespace tailor::test
