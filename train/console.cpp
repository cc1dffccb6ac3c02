#include "train/console.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "kernels/api/one_line.h"

namespace tailor::train {
namespace {

constexpr auto kBarInterval = std::chrono::milliseconds(200);
constexpr auto kLineInterval = std::chrono::seconds(15);
constexpr int kBarWidth = 24;
constexpr double kMegabyte = 1e6;
constexpr const char* kEraseLine = "\r\033[K";

}  // namespace

std::string format_duration(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(std::lround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string format_count(int64_t n) {
  if (n < 1000) return std::to_string(n);
  return fmt::format("{},{:03}", format_count(n / 1000), n % 1000);
}

std::string format_percent(double share) { return fmt::format("{:.1f}%", 100 * share); }

Console::Console(bool quiet) : Console(quiet, isatty(STDERR_FILENO) == 1) {}

void Console::print(const std::string& line) const { fmt::print(stderr, "{}\n", one_line(line)); }

Progress::Progress(const Console& console, std::string title, int64_t total, Unit unit,
                   int64_t done)
    : console_(console), title_(std::move(title)), total_(total), unit_(unit), done_before_(done) {
  next_ = start_ + (console_.terminal_ ? Clock::duration(kBarInterval) : kLineInterval);
}

Progress::~Progress() { erase_bar(); }

void Progress::finish() {
  erase_bar();
  console_.note("{}: {} in {} ({})", title_, amount(), format_duration(seconds()), speed());
}

std::string Progress::amount() const {
  const auto number = [this](int64_t n) {
    return unit_ == Unit::bytes ? fmt::format("{:.1f}", static_cast<double>(n) / kMegabyte)
                                : format_count(n);
  };
  return (done_ < total_ ? fmt::format("{} of {}", number(done_), number(total_)) : number(done_)) +
         (unit_ == Unit::bytes ? " MB" : "");
}

double Progress::rate() const { return static_cast<double>(done_ - done_before_) / seconds(); }

std::string Progress::speed() const {
  return unit_ == Unit::bytes ? fmt::format("{:.1f} MB/s", rate() / kMegabyte)
                              : fmt::format("{:.1f} images/s", rate());
}

void Progress::erase_bar() const {
  if (console_.terminal_ && !console_.quiet_) fmt::print(stderr, kEraseLine);
}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

void Progress::add(int64_t count) {
  done_ += count;
  const Clock::time_point now = Clock::now();
  if (!console_.quiet_ && now >= next_ && done_ < total_) show(now);
}

void Progress::show(Clock::time_point now) {
  const std::string state =
      fmt::format("{} ({}, {} left)", amount(), speed(),
                  format_duration(static_cast<double>(total_ - done_) / rate()));
  if (console_.terminal_) {
    const int filled = static_cast<int>(kBarWidth * done_ / total_);
    fmt::print(stderr, "{}{} [{:#<{}}{:.<{}}] {}", kEraseLine, title_, "", filled, "",
               kBarWidth - filled, state);
    std::fflush(stderr);
    next_ = now + kBarInterval;
  } else {
    console_.note("{}: {}", title_, state);
    next_ = now + kLineInterval;
  }
}

}  // namespace tailor::train
