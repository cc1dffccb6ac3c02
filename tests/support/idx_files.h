// IDX files for tests, written by the format's definition.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace tailor::test {

using Bytes = std::vector<uint8_t>;

/// `numbers`, big-endian, then `data`.
inline Bytes idx_bytes(const std::vector<uint32_t>& numbers, const Bytes& data) {
  Bytes bytes;
  for (const uint32_t number : numbers) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<uint8_t>(number >> shift));
    }
  }
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

inline Bytes idx_images(uint32_t count, uint32_t height, uint32_t width, const Bytes& grey) {
  return idx_bytes({0x803, count, height, width}, grey);
}

inline Bytes idx_labels(const Bytes& labels) {
  return idx_bytes({0x801, static_cast<uint32_t>(labels.size())}, labels);
}

inline void write_file(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

inline void write_gzip(const std::filesystem::path& path, const Bytes& bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

}  // namespace tailor::test
