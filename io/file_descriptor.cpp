#include "io/file_descriptor.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

namespace tailor::io {

FileDescriptor open_locked(const std::filesystem::path& path, int flags) {
  for (;;) {
    FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0666));
    if (file.get() < 0) return {};
    struct stat held {};
    struct stat named {};
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0 || fstat(file.get(), &held) != 0) {
      const int error = errno;
      file = {};
      errno = error;
      return {};
    }
    if (::stat(path.c_str(), &named) == 0 && named.st_dev == held.st_dev &&
        named.st_ino == held.st_ino) {
      return file;
    }
  }
}

ssize_t read_at(int fd, uint64_t offset, std::span<std::byte> out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n =
        pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return n;
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return static_cast<ssize_t>(done);
}

}  // namespace tailor::io
