// Texts of anybody's making, shown on a terminal: names of files and classes may hold anything.
#pragma once

#include <algorithm>
#include <string>

namespace tailor {

/// `text` without control characters, which could begin a line or command the terminal: '?' stands
/// for each.
inline std::string one_line(std::string text) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  std::replace_if(text.begin(), text.end(), is_control, '?');
  return text;
}

}  // namespace tailor
