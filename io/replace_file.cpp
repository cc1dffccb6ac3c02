#include "io/replace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "kernels/api/error.h"

namespace tailor::io {
namespace {

/// Removes the unfinished file unless it got its name.
class Part {
 public:
  explicit Part(const std::filesystem::path& path) : path_(path.string() + ".part") {}
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  ~Part() {
    std::error_code ignored;
    if (!renamed_) std::filesystem::remove(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  bool rename_to(const std::filesystem::path& path) {
    renamed_ = ::rename(path_.c_str(), path.c_str()) == 0;
    return renamed_;
  }

 private:
  std::filesystem::path path_;
  bool renamed_ = false;
};

bool sync(const std::filesystem::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (fd < 0) return false;
  const bool good = fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  errno = error;
  return good;
}

}  // namespace

void replace_file(const std::filesystem::path& path,
                  const std::function<void(const std::filesystem::path& part)>& write) {
  const auto check = [&path](bool good) {
    if (!good) {
      throw Error("{}: expected to write it, got '{}'", path.string(), std::strerror(errno));
    }
  };
  Part part(path);
  check(sync(part.path(), O_WRONLY | O_CREAT | O_TRUNC));  // tells a missing folder at once
  write(part.path());
  check(sync(part.path(), O_WRONLY));
  check(part.rename_to(path));
  // The rename is in the folder; not every file system can sync one, so a failure means nothing.
  const std::filesystem::path folder = path.parent_path();
  sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace tailor::io
