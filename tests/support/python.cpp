#include "tests/support/python.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace tailor::test {
namespace {

namespace fs = std::filesystem;

/// Output of a shell command, errors included.
std::string run(const std::string& command) {
  const auto close = [](FILE* pipe) { return pclose(pipe); };
  std::unique_ptr<FILE, decltype(close)> pipe(popen((command + " 2>&1").c_str(), "r"), close);
  if (!pipe) throw std::runtime_error("cannot start " + command);
  std::string output;
  std::array<char, 4096> part{};
  while (const size_t n = fread(part.data(), 1, part.size(), pipe.get())) {
    output.append(part.data(), n);
  }
  if (pclose(pipe.release()) != 0) throw std::runtime_error(command + "\n" + output);
  return output;
}

/// Held by one process at a time.
class FileLock {
 public:
  explicit FileLock(const fs::path& path)
      : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666)) {
    if (fd_ < 0 || flock(fd_, LOCK_EX) != 0)
      throw std::runtime_error("cannot lock " + path.string());
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() { ::close(fd_); }

 private:
  int fd_;
};

fs::file_time_type newest_script(const fs::path& folder) {
  fs::file_time_type newest = fs::file_time_type::min();
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".py") newest = std::max(newest, entry.last_write_time());
  }
  return newest;
}

}  // namespace

std::string python(const std::string& script) {
  std::string quoted;
  for (const char c : script) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return run("/usr/bin/python3 -c '" + quoted + "'");
}

fs::path made_by(const fs::path& script, const std::string& arguments, const std::string& name) {
  const fs::path folder = fs::path(TAILOR_PROGRAM).parent_path().parent_path() / "test-data";
  fs::create_directories(folder);
  fs::path made = folder / name;
  const FileLock lock(folder / (name + ".lock"));
  if (fs::exists(made) && fs::last_write_time(made) >= newest_script(script.parent_path())) {
    return made;
  }
  const fs::path part = folder / (name + ".part");
  fs::remove_all(made);
  fs::remove_all(part);
  run(fmt::format("PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 '{}' {} '{}'", script.string(),
                  arguments, part.string()));
  fs::rename(part, made);
  fs::last_write_time(made, fs::file_time_type::clock::now());
  return made;
}

fs::path golden_weights(const std::string& arguments) {
  std::string name = arguments + ".h5";
  std::replace(name.begin(), name.end(), ' ', '_');
  return made_by(fs::path(TAILOR_TEST_DATA) / "networks" / "write_hdf5.py", arguments, name);
}

}  // namespace tailor::test
