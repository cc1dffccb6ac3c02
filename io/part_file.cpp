#include "io/part_file.h"

#include <fcntl.h>
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
  lock_ = open_locked(path_, O_WRONLY | O_CREAT | O_APPEND);
  if (lock_.get() < 0) {
    check(errno == EWOULDBLOCK);
    return false;
  }
  struct stat status {};
  check(fstat(lock_.get(), &status) == 0);
  size_ = status.st_size;
  return true;
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
