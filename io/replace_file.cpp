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
    if (!in_place_) std::filesystem::remove(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  void put_in_place(const std::filesystem::path& path) {
    io::put_in_place(path_, path);
    in_place_ = true;
  }

 private:
  std::filesystem::path path_;
  bool in_place_ = false;
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

void check(bool good, const std::filesystem::path& path) {
  if (!good) {
    throw Error("{}: expected to write it, got '{}'", path.string(), std::strerror(errno));
  }
}

}  // namespace

void replace_file(const std::filesystem::path& path,
                  const std::function<void(const std::filesystem::path& part)>& write) {
  Part part(path);
  check(sync(part.path(), O_WRONLY | O_CREAT | O_TRUNC), path);  // tells a missing folder at once
  write(part.path());
  part.put_in_place(path);
}

void put_in_place(const std::filesystem::path& part, const std::filesystem::path& path) {
  check(sync(part, O_WRONLY), path);
  check(::rename(part.c_str(), path.c_str()) == 0, path);
  // The rename is in the folder; not every file system can sync one, so a failure means nothing.
  const std::filesystem::path folder = path.parent_path();
  sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace tailor::io
