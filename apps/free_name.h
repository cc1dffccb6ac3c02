// Names for new pictures that take no other file's place.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace tailor::apps {

bool is_there(const std::filesystem::path& path);

/// `stem` with `ending` in `folder`, cut to what a file system takes; or with "-2", "-3", ...
/// before the ending, where that is taken.
std::filesystem::path free_name(
    const std::filesystem::path& folder, const std::string& stem, const std::string& ending,
    const std::function<bool(const std::filesystem::path&)>& taken = is_there);

}  // namespace tailor::apps
