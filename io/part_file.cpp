#include "io/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "io/replace_file.h"
#include "kernels/api/error.h"

namespace tailor::io {

PartFile::PartFile(std::filesystem::path file)
    : file_(std::move(file)), path_(file_.string() + ".part") {}

PartFile::~PartFile() {
  if (lock_.get() >= 0 && size_ == 0) ::unlink(path_.c_str());
}

void PartFile::check(bool good) const {
  if (!good) {
    throw Error("{}: expected to write it, got '{}'", path_.string(), std::strerror(errno));
  }
}

void PartFile::unlock() { lock_ = {}; }

bool PartFile::try_lock() {
  lock_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  check(lock_.get() >= 0);
  struct stat held {};
  struct stat named {};
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    unlock();
    errno = error;
    check(error == EWOULDBLOCK);
    return false;
  }
  check(fstat(lock_.get(), &held) == 0);
  size_ = held.st_size;
  // Between open and flock another process may have renamed or removed what is locked now.
  const bool is_the_part = ::stat(path_.c_str(), &named) == 0 && named.st_dev == held.st_dev &&
                           named.st_ino == held.st_ino;
  if (!is_the_part) unlock();
  return is_the_part;
}

void PartFile::append(std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(lock_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    check(written >= 0);
    size_ += written;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void PartFile::clear() {
  check(ftruncate(lock_.get(), 0) == 0);
  size_ = 0;
}

void PartFile::discard() {
  ::unlink(path_.c_str());
  unlock();
}

void PartFile::finish() {
  put_in_place(path_, file_);
  unlock();
}

}  // namespace tailor::io
