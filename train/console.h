// What a person is told while a command works: notes and progress, on stderr.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace tailor::train {

/// "1 h 4 min", "2 min 10 s", "0.4 s"
std::string format_duration(double seconds);
/// "3,068"
std::string format_count(int64_t n);
/// "87.4%"
std::string format_percent(double share);

class Console;

/// What progress is counted in; bytes are shown as MB (10^6).
enum class Unit { photos, bytes };

/// Progress through `total` photos or bytes: a bar with images or MB a second and the time left on
/// a terminal, else a plain line now and then.
class Progress {
 public:
  /// done: what was there before; it does not count for the speed.
  Progress(const Console& console, std::string title, int64_t total, Unit unit = Unit::photos,
           int64_t done = 0);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// `count` more are done.
  void add(int64_t count);
  /// Notes how many it were and how long it took.
  void finish();
  double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;
  void show(Clock::time_point now);
  void erase_bar() const;
  /// "1,200 of 3,000", "94.8 MB"
  std::string amount() const;
  /// Photos or bytes a second.
  double rate() const;
  /// "53.0 images/s"
  std::string speed() const;

  const Console& console_;
  std::string title_;
  int64_t total_;
  Unit unit_;
  int64_t done_before_;
  int64_t done_ = done_before_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_;
};

/// Where notes go, each one line; quiet ones go nowhere, warnings always do.
class Console {
 public:
  /// Bars are drawn when stderr is a terminal.
  explicit Console(bool quiet = false);
  Console(bool quiet, bool terminal) : quiet_(quiet), terminal_(terminal) {}

  template <class... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) const {
    if (!quiet_) print(fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) const {
    print("warning: " + fmt::format(format, std::forward<Args>(args)...));
  }
  /// title: "Features of 3,068 photos"
  Progress progress(std::string title, int64_t total) const {
    return {*this, std::move(title), total};
  }

 private:
  friend class Progress;
  void print(const std::string& line) const;

  bool quiet_;
  bool terminal_;
};

}  // namespace tailor::train
