#include "kernels/simt/symbols.h"

#include <cxxabi.h>
#include <elf.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
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
  if (candidate.file.empty()) candidate.file = "/proc/self/exe";
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
    std::ifstream file(own_module().file, std::ios::binary);
    const std::vector<char> elf{std::istreambuf_iterator<char>(file), {}};
    std::vector<Symbol> symbols;
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

std::string short_symbol(const std::string& symbol) {
  return short_name(demangled(symbol.c_str()));
}

std::string kernel_name(const void* function) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(function) - own_module().base;
  for (const Symbol& symbol : own_symbols()) {
    if (!symbol.thread_local_data && symbol.address == address) return short_symbol(symbol.name);
  }
  return "unnamed kernel";
}

std::string plain_place(const std::string& file) {
  return file.compare(0, 2, "./") == 0 ? file.substr(2) : file;
}

std::string source_place(uintptr_t return_address) {
  static std::map<uintptr_t, std::string> known;
  const uintptr_t address = return_address - 1 - own_module().base;
  const auto [at, fresh] = known.try_emplace(address, "unknown place");
  if (!fresh) return at->second;
  std::array<char, 512> buffer;
  std::snprintf(buffer.data(), buffer.size(), "addr2line -e '%s' %zx 2>/dev/null",
                own_module().file.c_str(), address);
  const std::unique_ptr<FILE, decltype(&pclose)> pipe(popen(buffer.data(), "r"), &pclose);
  if (pipe && std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) {
    const std::string line = buffer.data();
    at->second = plain_place(line.substr(0, line.find_first_of(" \n")));
  }
  return at->second;
}

}  // namespace tailor::simt
