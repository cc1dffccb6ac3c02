#include "io/hdf5_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "kernels/api/error.h"

namespace tailor::io {
namespace {

constexpr const char* kEntry = "model.weights.h5";
// The largest network that people share has less than a gigabyte of weights. Weights hardly shrink
// when they are compressed; zeros, of which a small file can claim any number, do.
constexpr uint64_t kMostBytes = uint64_t{4} << 30;
constexpr uint64_t kMostShrinking = 100;

/// Opens for reading what must be a file with something in it.
FileDescriptor open_regular(const std::string& name) {
  FileDescriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0)
    throw Error("{}: expected an HDF5 file, got '{}'", name, std::strerror(errno));
  struct stat status {};
  const char* instead = nullptr;
  if (fstat(file.get(), &status) != 0)
    instead = std::strerror(errno);
  else if (S_ISDIR(status.st_mode))
    instead = "a folder";
  else if (!S_ISREG(status.st_mode))
    instead = "something that is no file";
  else if (status.st_size == 0)
    instead = "an empty file";
  if (instead != nullptr) throw Error("{}: expected an HDF5 file, got {}", name, instead);
  return file;
}

std::array<unsigned char, 4> first_bytes(int fd) {
  std::array<unsigned char, 4> start{};
  if (pread(fd, start.data(), start.size(), 0) != ssize_t{4}) start.fill(0);
  return start;
}

bool is_zip(int fd) {
  const auto start = first_bytes(fd);
  return start[0] == 'P' && start[1] == 'K';
}

bool is_pickle(int fd) {
  const auto start = first_bytes(fd);
  return start[0] == 0x80 && start[1] <= 5;
}

/// The signature may stand at byte 0, 512, 1024, 2048, ... (HDF5 file format, section II.A).
bool is_hdf5(int fd) {
  constexpr std::array<unsigned char, 8> kSignature = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
  std::array<unsigned char, 8> found{};
  for (off_t at = 0; pread(fd, found.data(), found.size(), at) == ssize_t{8};
       at = at == 0 ? 512 : 2 * at) {
    if (found == kSignature) return true;
  }
  return false;
}

[[noreturn]] void damaged(const std::string& name, const std::string& detail) {
  throw Error(
      "{}: expected a whole zip archive, got a damaged one: {} (try to copy or download it again)",
      name, detail);
}

using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;
using Entry = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;

Archive open_archive(const std::string& name, int fd) {
  FileDescriptor own(fcntl(fd, F_DUPFD_CLOEXEC, 0));  // libzip closes it
  int code = 0;
  Archive archive(zip_fdopen(own.get(), 0, &code), zip_discard);
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string text = zip_error_strerror(&error);
    zip_error_fini(&error);
    damaged(name, text);
  }
  own.release();
  return archive;
}

void write_all(const std::string& name, int fd, const char* bytes, size_t count) {
  while (count > 0) {
    const ssize_t n = ::write(fd, bytes, count);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw Error("{}: expected room for {}, got '{}'", name, kEntry, std::strerror(errno));
    bytes += n;
    count -= static_cast<size_t>(n);
  }
}

/// The archive's weights, in a file that has no name and no disk.
FileDescriptor extract_weights(const std::string& name, int fd) {
  const Archive archive = open_archive(name, fd);
  zip_stat_t status;
  if (zip_stat(archive.get(), kEntry, 0, &status) != 0) {
    throw Error("{}: expected an HDF5 file, got a zip archive without Keras's {}", name, kEntry);
  }
  if (status.size > kMostBytes || status.size / kMostShrinking > status.comp_size) {
    throw Error("{}: expected weights, got {} bytes compressed to {}", name, status.size,
                status.comp_size);
  }
  const Entry entry(zip_fopen_index(archive.get(), status.index, 0), zip_fclose);
  if (!entry) damaged(name, zip_strerror(archive.get()));

  FileDescriptor memory(memfd_create(kEntry, MFD_CLOEXEC));
  std::vector<char> part(size_t{1} << 20);
  uint64_t done = 0;
  while (done <= status.size) {  // one read more than the size tells, which checks the sum
    const zip_int64_t n = zip_fread(entry.get(), part.data(), part.size());
    if (n < 0) damaged(name, zip_file_strerror(entry.get()));
    if (n == 0) break;
    write_all(name, memory.get(), part.data(), static_cast<size_t>(n));
    done += static_cast<uint64_t>(n);
  }
  if (done != status.size) damaged(name, fmt::format("{} is not as long as it should be", kEntry));
  return memory;
}

}  // namespace

Hdf5Source::Hdf5Source(const std::string& name) : file_(open_regular(name)) {
  if (is_zip(file_.get())) {
    file_ = extract_weights(name, file_.get());
    in_memory_ = true;
  }
  if (!is_hdf5(file_.get())) {
    throw Error("{}: expected an HDF5 file, got {}", name,
                is_pickle(file_.get()) ? "a Python pickle" : "another kind of file");
  }
}

}  // namespace tailor::io
