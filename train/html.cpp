#include "train/html.h"

namespace tailor::train {

namespace {

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += is_control(c) ? "\uFFFD" : std::string(1, c);
    }
  }
  return result;
}

std::string data_uri(std::span<const uint8_t> jpeg) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result = "data:image/jpeg;base64,";
  result.reserve(result.size() + (jpeg.size() + 2) / 3 * 4);
  for (size_t i = 0; i < jpeg.size(); i += 3) {
    const auto byte = [&](size_t k) { return i + k < jpeg.size() ? uint32_t{jpeg[i + k]} : 0; };
    const uint32_t bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (int digit = 0; digit < 4; ++digit) {
      const bool padding = i + static_cast<size_t>(digit) > jpeg.size();
      result += padding ? '=' : kDigits[bits >> (18 - 6 * digit) & 63];
    }
  }
  return result;
}

}  // namespace tailor::train
