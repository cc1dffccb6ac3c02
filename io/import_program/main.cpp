// tailor-import: reads an HDF5 file that somebody else wrote, for a Tailor that then cannot crash.
//
// Requests come as {"what": ...}, answers go as {"answer": ...} or {"error": "..."}:
//   datasets                       name: {"type", "dtype", "shape", "offset"}, of all data sets
//   numbers {dataset, bytes}       writes them into the memory given
//   strings {dataset}              a list
//   text    {group, attribute}     a list, or null
//   number  {group, attribute}     a number, or null
#include <sys/mman.h>
#include <sys/resource.h>

#include <new>

#include "io/import_program/hdf5_file.h"
#include "io/import_program/limits.h"
#include "io/message.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

using nlohmann::json;

void limit(int resource, uint64_t most) {
  const rlimit limits{most, most};
  setrlimit(static_cast<__rlimit_resource>(resource), &limits);
}

void limit_process() {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, kMostSeconds);
#ifndef TAILOR_SANITIZED  // sanitizers map terabytes
  limit(RLIMIT_AS, kMostMemory);
#endif
}

/// The memory for numbers, mapped.
class Numbers {
 public:
  explicit Numbers(size_t bytes)
      : bytes_(bytes),
        at_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, kInheritedNumbers, 0)) {
    if (at_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~Numbers() { munmap(at_, bytes_); }
  Numbers(const Numbers&) = delete;
  Numbers& operator=(const Numbers&) = delete;
  std::span<std::byte> bytes() { return {static_cast<std::byte*>(at_), bytes_}; }

 private:
  size_t bytes_;
  void* at_;
};

json datasets_of(const Hdf5File& file) {
  json all = json::object();
  for (const auto& [name, dataset] : file.datasets()) {
    all[name] = {{"type", dataset.type},
                 {"dtype", dataset.dtype ? json(static_cast<int>(*dataset.dtype)) : json()},
                 {"shape", std::vector<int64_t>(dataset.shape.begin(), dataset.shape.end())},
                 {"offset", dataset.offset ? json(*dataset.offset) : json()}};
  }
  return all;
}

json answer(const Hdf5File& file, const json& request) {
  const std::string what = request.at("what");
  if (what == "datasets") return datasets_of(file);
  if (what == "strings") return file.read_strings(request.at("dataset"));
  if (what == "numbers") {
    Numbers numbers(request.at("bytes"));
    file.read(request.at("dataset"), numbers.bytes());
    return {};
  }
  const std::string group = request.at("group");
  const std::string attribute = request.at("attribute");
  if (what == "text") {
    const auto text = file.strings(group, attribute);
    return text ? json(*text) : json();
  }
  const auto number = file.number(group, attribute);
  return number ? json(*number) : json();
}

/// Calls action() and puts what it gives, or what it complains of, into an answer.
template <class Action>
json guarded(const std::string& name, const Action& action) {
  try {
    return {{"answer", action()}};
  } catch (const std::bad_alloc&) {
    return {{"error", fmt::format("{}: expected at most {} GB of memory to read it, got more (is "
                                  "it damaged?)",
                                  name, kMostMemory >> 30)}};
  } catch (const std::exception& error) {
    return {{"error", error.what()}};
  }
}

int run(const std::string& name, bool in_memory) {
  limit_process();
  std::optional<Hdf5File> file;
  while (const auto request = receive_message(kInheritedSocket)) {
    const json message = guarded(name, [&] {
      if (!file) file.emplace(kInheritedFile, in_memory, name);
      return answer(*file, *request);
    });
    if (!send_message(kInheritedSocket, message)) break;
  }
  return 0;
}

}  // namespace
}  // namespace tailor::io

// NOLINTNEXTLINE(bugprone-exception-escape): memory for a name is there
int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "tailor-import: Tailor starts this program itself, to read HDF5 files\n");
    return 2;
  }
  return tailor::io::run(argv[1], std::string_view(argv[2]) == "memory");
}
