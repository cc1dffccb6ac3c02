// Which Tailor this is.
#pragma once

#include <string_view>

namespace tailor {

/// The program's version, as in CMakeLists.txt: "0.1.0".
std::string_view version();

}  // namespace tailor
