#include "io/import_process.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "io/import_program/limits.h"
#include "io/message.h"
#include "kernels/api/error.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX wants it declared

namespace tailor::io {
namespace {

/// Beside this library: lib/tailor/tailor-import.
std::string program_path() {
  Dl_info library{};
  dladdr(reinterpret_cast<const void*>(&program_path), &library);
  const auto folder = std::filesystem::path(library.dli_fname).parent_path();
  std::string path = (folder / "tailor" / "tailor-import").string();
  if (!std::filesystem::exists(path)) {
    throw Error("{}: expected the program that reads HDF5 files, got none (was it installed?)",
                path);
  }
  return path;
}

/// What the new process inherits, under the numbers of io/import_program/limits.h.
class Inheritance {
 public:
  Inheritance() { posix_spawn_file_actions_init(&actions_); }
  ~Inheritance() { posix_spawn_file_actions_destroy(&actions_); }
  Inheritance(const Inheritance&) = delete;
  Inheritance& operator=(const Inheritance&) = delete;
  void add(const FileDescriptor& file, int number) {
    posix_spawn_file_actions_adddup2(&actions_, file.get(), number);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// Ctrl-C is Tailor's; the new process ends when its socket does.
class WithoutInterrupt {
 public:
  WithoutInterrupt() {
    posix_spawnattr_init(&attributes_);
    sigset_t blocked{};
    pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    sigaddset(&blocked, SIGINT);
    posix_spawnattr_setsigmask(&attributes_, &blocked);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  ~WithoutInterrupt() { posix_spawnattr_destroy(&attributes_); }
  WithoutInterrupt(const WithoutInterrupt&) = delete;
  WithoutInterrupt& operator=(const WithoutInterrupt&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

/// A copy whose number is above those that the new process uses, so that none overwrites another.
FileDescriptor out_of_the_way(int fd) {
  return FileDescriptor(fcntl(fd, F_DUPFD_CLOEXEC, kInheritedEnd));
}

std::string words_for(int signal) {
  if (signal == SIGXCPU) return fmt::format("it takes over {} s to read", kMostSeconds);
  return fmt::format("reading it ends with '{}'", strsignal(signal));
}

}  // namespace

ImportProcess::ImportProcess(const Hdf5Source& source, std::string name,
                             std::chrono::microseconds patience)
    : name_(std::move(name)) {
  const std::string program = program_path();
  std::array<int, 2> ends{};
  shared_ = FileDescriptor(memfd_create("numbers", MFD_CLOEXEC));
  if (shared_.get() < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw Error("{}: expected to start {}, got '{}'", name_, program, std::strerror(errno));
  }
  socket_ = FileDescriptor(ends[0]);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(patience);
  const timeval wait{seconds.count(), (patience - seconds).count()};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  const FileDescriptor other_end(ends[1]);
  const FileDescriptor from = out_of_the_way(other_end.get());
  const FileDescriptor file = out_of_the_way(source.descriptor());
  const FileDescriptor numbers = out_of_the_way(shared_.get());
  Inheritance inheritance;
  inheritance.add(from, kInheritedSocket);
  inheritance.add(file, kInheritedFile);
  inheritance.add(numbers, kInheritedNumbers);
  std::string first = "tailor-import";
  std::string mode = source.in_memory() ? "memory" : "file";
  const std::array<char*, 4> arguments{first.data(), name_.data(), mode.data(), nullptr};
  const WithoutInterrupt attributes;
  const int error = posix_spawn(&pid_, program.c_str(), inheritance.get(), attributes.get(),
                                arguments.data(), environ);
  if (error != 0) {
    pid_ = -1;
    throw Error("{}: expected to start {}, got '{}'", name_, program, std::strerror(error));
  }
}

ImportProcess::~ImportProcess() {
  if (pid_ >= 0) end();
}

int ImportProcess::end() {
  int status = 0;
  socket_ = {};
  kill(pid_, SIGKILL);  // changes nothing for one that has come to its end
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

void ImportProcess::throw_ending() {
  const bool is_late = errno == EAGAIN;
  const int status = end();
  throw Error(
      "{}: expected a whole HDF5 file, got a damaged one: {} (try to copy or download it again)",
      name_,
      is_late               ? "reading it does not end"
      : WIFSIGNALED(status) ? words_for(WTERMSIG(status))
                            : "reading it fails");
}

nlohmann::json ImportProcess::ask(const nlohmann::json& request) {
  if (pid_ < 0) throw Error("{}: damaged HDF5 file", name_);
  errno = 0;
  if (!send_message(socket_.get(), request)) throw_ending();
  const auto answer = receive_message(socket_.get());
  if (!answer || !answer->is_object()) throw_ending();
  if (const auto error = answer->find("error"); error != answer->end() && error->is_string()) {
    throw Error("{}", error->get<std::string>());
  }
  return answer->value("answer", nlohmann::json());
}

void ImportProcess::read(const std::string& dataset, std::span<std::byte> out) {
  if (ftruncate(shared_.get(), static_cast<off_t>(out.size())) != 0) {
    throw Error("{}: expected memory for '{}', got '{}'", name_, dataset, std::strerror(errno));
  }
  ask({{"what", "numbers"}, {"dataset", dataset}, {"bytes", out.size()}});
  // Read, not mapped: whatever the program does to its end, this sees too few bytes at worst.
  if (read_at(shared_.get(), 0, out) != static_cast<ssize_t>(out.size())) {
    throw Error("{}: expected the numbers of '{}', got too few", name_, dataset);
  }
}

}  // namespace tailor::io
