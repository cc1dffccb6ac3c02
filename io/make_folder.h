// Making a folder to write into.
#pragma once

#include <filesystem>

namespace tailor::io {

/// Makes it, with those above it, unless it is there. Throws Error when the disk refuses.
void make_folder(const std::filesystem::path& folder);

}  // namespace tailor::io
