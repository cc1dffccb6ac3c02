#include "io/md5.h"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include "kernels/api/error.h"

namespace tailor::io {

std::string md5_of(const std::filesystem::path& path) {
  const auto check = [&path](bool good) {
    if (!good) throw Error("{}: expected to compute its MD5, got an error", path.string());
  };
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       EVP_MD_CTX_free);
  check(digest && EVP_DigestInit_ex(digest.get(), EVP_md5(), nullptr) == 1);
  std::ifstream file(path, std::ios::binary);
  check(file.is_open());
  std::vector<char> block(1 << 18);
  do {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    check(!file.bad() &&
          EVP_DigestUpdate(digest.get(), block.data(), static_cast<size_t>(file.gcount())) == 1);
  } while (file);
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  check(EVP_DigestFinal_ex(digest.get(), bytes.data(), &size) == 1);
  std::string hex;
  for (size_t i = 0; i < size; ++i) hex += fmt::format("{:02x}", bytes[i]);
  return hex;
}

}  // namespace tailor::io
