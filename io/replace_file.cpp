#include "io/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "io/file_descriptor.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;

void check(bool good, const fs::path& path) {
  if (!good) {
    throw Error("{}: expected to write it, got '{}'", path.string(), std::strerror(errno));
  }
}

/// The unfinished file. One that a killed process left is taken over; removed at the end unless it
/// got its name.
class Part {
 public:
  /// path: of the finished file. permissions: that it is to have; unknown: those of any new file.
  Part(const fs::path& path, fs::perms permissions)
      : path_(path.parent_path() /
              ("." + path.filename().string().substr(0, kMostBytes) + ".part")),
        file_(open_locked(path_, O_WRONLY | O_CREAT | O_NOFOLLOW)),
        permissions_(permissions) {
    if (file_.get() < 0 && errno == EWOULDBLOCK) {
      throw Error("{}: expected a file that nobody else writes, got one that another process does",
                  path.string());
    }
    check(file_.get() >= 0 && ftruncate(file_.get(), 0) == 0, path);
    permit(permissions | fs::perms::owner_read | fs::perms::owner_write, path);
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  ~Part() {
    std::error_code ignored;
    if (file_.get() >= 0 && !in_place_) fs::remove(path_, ignored);
  }
  const fs::path& path() const { return path_; }
  void put_in_place(const fs::path& path) {
    permit(permissions_, path);
    io::put_in_place(path_, path);
    in_place_ = true;
  }

 private:
  static constexpr size_t kMostBytes = 240;  // a name may have 255

  void permit(fs::perms permissions, const fs::path& path) const {
    if (permissions_ == fs::perms::unknown) return;
    check(fchmod(file_.get(), static_cast<mode_t>(permissions)) == 0, path);
  }

  fs::path path_;
  FileDescriptor file_;  ///< open, for the lock, until the part has its name
  fs::perms permissions_;
  bool in_place_ = false;
};

bool sync(const fs::path& path, int flags) {
  const FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  if (file.get() < 0) return false;
  return fsync(file.get()) == 0;
}

/// Where a link leads, also when nothing is there yet.
fs::path followed(fs::path path) {
  std::error_code error;
  while (fs::is_symlink(path, error)) path = path.parent_path() / fs::read_symlink(path, error);
  return path;
}

}  // namespace

void replace_file(const fs::path& path, const std::function<void(const fs::path& part)>& write) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) error = std::make_error_code(std::errc::is_a_directory);
  if (fs::exists(status) && !fs::is_regular_file(status) && !error) return write(path);
  if (status.type() != fs::file_type::not_found && error) {
    throw Error("{}: expected to write it, got '{}'", path.string(), error.message());
  }
  const fs::path file = followed(path);
  Part part(file, status.permissions());
  write(part.path());
  part.put_in_place(file);
}

void write_file(const fs::path& path, std::string_view bytes) {
  replace_file(path, [&](const fs::path& part) {
    errno = 0;
    std::ofstream file(part, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    check(static_cast<bool>(file), path);
  });
}

void put_in_place(const fs::path& part, const fs::path& path) {
  check(sync(part, O_WRONLY), path);
  check(::rename(part.c_str(), path.c_str()) == 0, path);
  // The rename is in the folder; not every file system can sync one, so a failure means nothing.
  const fs::path folder = path.parent_path();
  sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace tailor::io
