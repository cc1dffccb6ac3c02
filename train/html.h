// Text and pictures as parts of a web page.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tailor::train {

/// Text that shows as it is, within elements and within quoted attributes, whatever it holds.
/// Control characters, which HTML does not have, become U+FFFD. `text` is UTF-8.
std::string escaped(std::string_view text);

/// A JPEG file as the address of a picture: "data:image/jpeg;base64,...".
std::string data_uri(std::span<const uint8_t> jpeg);

}  // namespace tailor::train
