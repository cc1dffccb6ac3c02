#include "kernels/simt/symbols.h"

#include <cxxabi.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>

namespace tailor::simt {
namespace {

int find_module(dl_phdr_info* info, size_t, void* result) {
  auto& module = *static_cast<Module*>(result);
  const auto own = reinterpret_cast<uintptr_t>(&find_module);
  Module candidate{info->dlpi_name, info->dlpi_addr, ~uintptr_t{0}, 0, 0};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = info->dlpi_phdr[i];
    if (part.p_type == PT_TLS) candidate.tls_bytes = part.p_memsz;
    if (part.p_type != PT_LOAD) continue;
    candidate.begin = std::min(candidate.begin, info->dlpi_addr + part.p_vaddr);
    candidate.end = std::max(candidate.end, info->dlpi_addr + part.p_vaddr + part.p_memsz);
  }
  if (own < candidate.begin || own >= candidate.end) return 0;
  if (candidate.file.empty()) {  // the program itself
    std::array<char, 4096> path{};
    if (readlink("/proc/self/exe", path.data(), path.size() - 1) > 0) candidate.file = path.data();
  }
  module = candidate;
  return 1;
}

/// Without the namespaces, the return type and the arguments of a demangled function.
std::string short_name(std::string name) {
  for (const std::string noise : {"(anonymous namespace)::"}) {
    for (size_t at; (at = name.find(noise)) != std::string::npos;) name.erase(at, noise.size());
  }
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  for (size_t at; (at = name.find("::")) != std::string::npos;) {
    size_t begin = at;
    while (begin > 0 && is_word(name[begin - 1])) --begin;
    name.erase(begin, at + 2 - begin);
  }
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    depth += name[i] == '<' ? 1 : name[i] == '>' ? -1 : 0;
    if (depth == 0 && name[i] == ' ') begin = i + 1;
    if (depth == 0 && name[i] == '(') return name.substr(begin, i - begin);
  }
  return name.substr(begin);
}

/// A file, read where it is looked at.
class FileView {
 public:
  explicit FileView(const std::string& file) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    struct stat status {};
    if (fstat(descriptor, &status) == 0) {
      void* data =
          mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0);
      if (data != MAP_FAILED) {
        data_ = static_cast<const char*>(data);
        size_ = static_cast<size_t>(status.st_size);
      }
    }
    close(descriptor);
  }
  FileView(const FileView&) = delete;
  FileView& operator=(const FileView&) = delete;
  ~FileView() {
    if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
  }

  const char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

std::string demangled(const char* symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(symbol, nullptr, nullptr, &status), &std::free);
  return name ? name.get() : symbol;
}

}  // namespace

const Module& own_module() {
  static const Module module = [] {
    Module found;
    dl_iterate_phdr(find_module, &found);
    return found;
  }();
  return module;
}

const std::vector<Symbol>& own_symbols() {
  static const std::vector<Symbol> all = [] {
    std::vector<Symbol> symbols;
    const FileView elf(own_module().file);
    if (elf.size() < sizeof(Elf64_Ehdr)) return symbols;
    const auto* header = reinterpret_cast<const Elf64_Ehdr*>(elf.data());
    const auto* sections = reinterpret_cast<const Elf64_Shdr*>(elf.data() + header->e_shoff);
    for (int s = 0; s < header->e_shnum; ++s) {
      if (sections[s].sh_type != SHT_SYMTAB) continue;
      const char* names = elf.data() + sections[sections[s].sh_link].sh_offset;
      const auto* table = reinterpret_cast<const Elf64_Sym*>(elf.data() + sections[s].sh_offset);
      for (size_t i = 0; i < sections[s].sh_size / sizeof(Elf64_Sym); ++i) {
        const auto type = ELF64_ST_TYPE(table[i].st_info);
        if (table[i].st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_TLS)) continue;
        symbols.push_back(
            {table[i].st_value, table[i].st_size, type == STT_TLS, names + table[i].st_name});
      }
    }
    return symbols;
  }();
  return all;
}

std::string variable_name(const std::string& symbol) {
  const std::string name = demangled(symbol.c_str());
  const size_t scope = name.rfind("::");
  return scope == std::string::npos ? name : name.substr(scope + 2);
}

std::string kernel_name(const void* function) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(function) - own_module().base;
  for (const Symbol& symbol : own_symbols()) {
    if (!symbol.thread_local_data && symbol.address == address)
      return short_name(demangled(symbol.name.c_str()));
  }
  return "unnamed kernel";
}

std::string plain_place(const std::string& file) {
  return std::filesystem::path(file).lexically_normal().string();
}

namespace {

struct SourcePlace {
  std::string line = "unknown place";
  std::string helper;
};

/// By address in the file.
std::map<uintptr_t, SourcePlace>& known_places() {
  static std::map<uintptr_t, SourcePlace> all;
  return all;
}

/// What addr2line says of one address: a line for each function that was inlined, innermost first,
/// the kernel's last. Chooses the first one in the kernel's own file.
SourcePlace chosen(const std::vector<std::string>& frames) {
  SourcePlace place;
  if (frames.empty()) return place;
  const auto file_of = [](const std::string& line) { return line.substr(0, line.rfind(':')); };
  place.line = *std::find_if(frames.begin(), frames.end(), [&](const std::string& line) {
    return file_of(line) == file_of(frames.back());
  });
  if (place.line != frames.front()) {
    place.helper = frames.front().substr(frames.front().rfind('/') + 1);
  }
  return place;
}

uintptr_t in_file(uintptr_t return_address) { return return_address - 1 - own_module().base; }

const SourcePlace& place_of(uintptr_t return_address) {
  load_source_places({return_address});
  return known_places()[in_file(return_address)];
}

}  // namespace

void load_source_places(const std::vector<uintptr_t>& return_addresses) {
  constexpr size_t kAtOnce = 1000;  // what a command line holds
  std::vector<uintptr_t> missing;
  for (const uintptr_t address : return_addresses) {
    if (known_places().try_emplace(in_file(address)).second) missing.push_back(in_file(address));
  }
  for (size_t first = 0; first < missing.size(); first += kAtOnce) {
    std::array<char, 4096> buffer;
    std::string command = "addr2line -a -i -e '" + own_module().file + "'";
    for (size_t i = first; i < std::min(missing.size(), first + kAtOnce); ++i) {
      std::snprintf(buffer.data(), buffer.size(), " %zx", missing[i]);
      command += buffer.data();
    }
    const std::unique_ptr<FILE, decltype(&pclose)> pipe(
        popen((command + " 2>/dev/null").c_str(), "r"), &pclose);
    if (!pipe) return;
    uintptr_t address = 0;
    std::vector<std::string> frames;
    while (std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) {
      const std::string line = buffer.data();
      if (line.compare(0, 2, "0x") == 0) {  // -a: the address, before its lines
        if (!frames.empty()) known_places()[address] = chosen(frames);
        address = std::stoull(line, nullptr, 16);
        frames.clear();
      } else {
        frames.push_back(plain_place(line.substr(0, line.find_first_of(" \n"))));
      }
    }
    if (!frames.empty()) known_places()[address] = chosen(frames);
  }
}

std::string source_line(uintptr_t return_address) { return place_of(return_address).line; }

std::string source_place(uintptr_t return_address) {
  const SourcePlace& place = place_of(return_address);
  return place.helper.empty() ? place.line : place.line + " (" + place.helper + ")";
}

}  // namespace tailor::simt
