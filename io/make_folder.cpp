#include "io/make_folder.h"

#include <system_error>

#include "kernels/api/error.h"

namespace tailor::io {

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw Error("{}: expected to make this folder, got '{}'", folder.string(), error.message());
  }
}

}  // namespace tailor::io
