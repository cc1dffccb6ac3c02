#include "kernels/simt/copies.h"

#include <cstring>

#include "kernels/simt/block_runner.h"
#include "kernels/simt/hooks.h"

namespace tailor::simt {

void start_copy(void* to, const uint32_t (&words)[4]) {
  BlockRunner& runner = BlockRunner::here();
  const auto pc = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  hooks::start_copy(runner, to, pc);
  const hooks::Quiet quiet;
  Copies& copies = runner.current_copies();
  copies.start({to, std::to_array(words), pc, copies.group()});
}

void commit_copies() { BlockRunner::here().current_copies().commit(); }

void wait_for_copies(int groups_under_way) {
  BlockRunner& runner = BlockRunner::here();
  const hooks::Quiet quiet;
  runner.current_copies().wait(groups_under_way, [&](const Copies::Copy& copy) {
    std::memcpy(copy.to, copy.words.data(), sizeof copy.words);
    hooks::end_copy(runner, copy.to, copy.pc);
  });
}

}  // namespace tailor::simt
