#include "kernels/simt/track/shared_arrays.h"

#include <link.h>

#include <algorithm>

#include "kernels/simt/symbols.h"

namespace tailor::simt {
namespace {

// To be touched, so that this thread has its block; its alignment makes the block's offsets
// congruent to addresses.
alignas(64) thread_local char t_anchor = 0;

}  // namespace

SharedArrays::SharedArrays()
    : allowed_(own_module().tls_bytes / kGranule + 1), array_(allowed_.size(), -1) {
  for (const Symbol& symbol : own_symbols()) {
    if (symbol.thread_local_data) arrays_.push_back({symbol.name, symbol.address, symbol.bytes});
  }
  std::sort(arrays_.begin(), arrays_.end(),
            [](const Array& a, const Array& b) { return a.begin < b.begin; });
  for (size_t i = 0; i < arrays_.size(); ++i) {
    for (size_t at = arrays_[i].begin; at < arrays_[i].begin + arrays_[i].bytes; ++at) {
      allowed_[at / kGranule] =
          static_cast<uint16_t>(allowed_[at / kGranule] | 1U << at % kGranule);
      array_[at / kGranule] = static_cast<int>(i);
    }
  }
}

const SharedArrays& SharedArrays::one() {
  static const SharedArrays all;
  return all;
}

std::string SharedArrays::describe(size_t offset) const {
  const auto next =
      std::upper_bound(arrays_.begin(), arrays_.end(), offset,
                       [](size_t at, const Array& array) { return at < array.begin; });
  if (next == arrays_.begin()) return "shared memory before all arrays";
  const Array& array = *std::prev(next);
  const std::string size = " (" + std::to_string(array.bytes) + " bytes of shared memory)";
  const size_t byte = offset - array.begin;
  const std::string name = variable_name(array.symbol);
  if (byte < array.bytes) return "byte " + std::to_string(byte) + " of " + name + size;
  return std::to_string(byte - array.bytes) + " bytes past the end of " + name + size;
}

uintptr_t own_shared_arrays() {
  *const_cast<volatile char*>(&t_anchor) = 1;
  uintptr_t begin = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* result) {
        if (info->dlpi_addr != own_module().base) return 0;
        *static_cast<uintptr_t*>(result) = reinterpret_cast<uintptr_t>(info->dlpi_tls_data);
        return 1;
      },
      &begin);
  return begin;
}

}  // namespace tailor::simt
