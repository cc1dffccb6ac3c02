#include "apps/interrupt.h"

#include <csignal>

namespace tailor::apps {
namespace {

volatile std::sig_atomic_t was_interrupted = 0;

void note_interrupt(int /*signal*/) { was_interrupted = 1; }

}  // namespace

void catch_interrupt() {
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

bool interrupted() { return was_interrupted != 0; }

}  // namespace tailor::apps
