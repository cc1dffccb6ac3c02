#include "kernels/simt/fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

// Saves the registers that a call must keep, changes stacks, restores. swapcontext would also save
// the signal mask, a system call, and take twenty times as long.
asm(R"(.text
.type tailor_simt_change_stack,@function
.hidden tailor_simt_change_stack
.globl tailor_simt_change_stack
tailor_simt_change_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size tailor_simt_change_stack,.-tailor_simt_change_stack
)");
extern "C" void tailor_simt_change_stack(void** leave, void* enter);

namespace tailor::simt {
namespace {

constexpr uint64_t kUntouched = 0x5AFE57AC5AFE57AC;
constexpr size_t kStride = Fiber::kStackBytes + 1088;
// The change of stacks that is under way.
thread_local Fiber* t_from = nullptr;
thread_local Fiber* t_to = nullptr;

uint64_t& guard_of(char* stack) { return *reinterpret_cast<uint64_t*>(stack); }

}  // namespace

Fiber::Fiber(char* stack, void (*entry)())
    : stack_(stack), entry_(entry), stack_bottom_(stack), stack_bytes_(kStackBytes) {
  restart();
}

void Fiber::restart() {
#ifdef __SANITIZE_ADDRESS__
  ASAN_UNPOISON_MEMORY_REGION(stack_, kStackBytes);
#endif
  guard_of(stack_) = kUntouched;
  fake_stack_ = nullptr;
  auto** top = reinterpret_cast<void**>(stack_ + kStackBytes);
  *--top = nullptr;  // as if start() had been called: the stack is 8 off a multiple of 16
  *--top = reinterpret_cast<void*>(&Fiber::start);
  for (int saved = 0; saved < 6; ++saved) *--top = nullptr;
  stack_pointer_ = top;
}

bool Fiber::intact() const { return guard_of(stack_) == kUntouched; }

void Fiber::arrive() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(t_to->fake_stack_, &t_from->stack_bottom_, &t_from->stack_bytes_);
#endif
}

void Fiber::start() {
  arrive();
  t_to->entry_();
  std::abort();
}

void Fiber::change(Fiber& from, Fiber& to) {
  t_from = &from;
  t_to = &to;
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(&from.fake_stack_, to.stack_bottom_, to.stack_bytes_);
#endif
  tailor_simt_change_stack(&from.stack_pointer_, to.stack_pointer_);
  arrive();
}

StackRoom::StackRoom(size_t count) : bytes_(count * kStride) {
  void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<char*>(memory);
}

StackRoom::~StackRoom() { munmap(memory_, bytes_); }

char* StackRoom::stack(size_t index) const { return memory_ + index * kStride; }

}  // namespace tailor::simt
