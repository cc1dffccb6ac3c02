// Ctrl-C.
#pragma once

namespace tailor::apps {

/// Exit status of a program that Ctrl-C ended: 128 + SIGINT.
constexpr int kInterrupted = 130;

/// From now on the first Ctrl-C is only noted, for interrupted() to tell; the second one ends the
/// program at once.
void catch_interrupt();
bool interrupted();

}  // namespace tailor::apps
