// Names and lines of source for addresses in this library, read from its own file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tailor::simt {

/// Where the library, or the program that holds the runner, is loaded.
struct Module {
  std::string file;
  uintptr_t base = 0;
  uintptr_t begin = 0;  ///< of its code and data
  uintptr_t end = 0;
  size_t tls_bytes = 0;  ///< that each host thread has of its thread_local variables
};
const Module& own_module();

/// A function, or a thread_local variable, whose address is an offset in its host thread's block.
struct Symbol {
  uintptr_t address;
  size_t bytes;
  bool thread_local_data;
  std::string name;
};
const std::vector<Symbol>& own_symbols();

/// A variable's name without the function and namespaces it is in.
std::string variable_name(const std::string& symbol);

/// "tile_sum<bf16, 4>" for the function at this address: no namespaces, no arguments.
std::string kernel_name(const void* function);

/// Looks up many at once, which is faster than one by one.
void load_source_places(const std::vector<uintptr_t>& return_addresses);
/// "kernels/cuda/pooling.cu:61" for the instruction before this address. In a helper from
/// another file than the kernel's it is the line that called the helper.
std::string source_line(uintptr_t return_address);
/// The same and, if it is another, the helper's own: "kernels/cuda/pooling.cu:61 (reduce.h:20)".
std::string source_place(uintptr_t return_address);

/// A file's name as the build gave it, without "./".
std::string plain_place(const std::string& file);

}  // namespace tailor::simt
